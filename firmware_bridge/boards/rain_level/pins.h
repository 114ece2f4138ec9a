/* What the board's pins say. pins.c reads them, simulated_pins.c makes them up where there are none (QEMU). */
#ifndef PINS_H
#define PINS_H

#include <stdint.h>

void pins_start(void);
/* Tips of the bucket since the start; closures within debounce_ms of one another are one tip. */
uint32_t tips(void);
void set_debounce_ms(uint16_t debounce_ms);
/* Distance from the ultrasonic sensor to the surface in 0.1 cm, SIAGA_NOT_MEASURED without an echo. Takes up to 40 ms. */
int32_t distance(void);

/* Milliseconds and microseconds since the start; the latter in steps of 4. From main.c. */
uint32_t now_ms(void);
uint32_t now_us(void);

#endif

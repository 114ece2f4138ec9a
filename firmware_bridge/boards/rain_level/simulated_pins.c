/* SIMULATED: a bucket that tips twice a second, over water that rises by 0.1 cm a second from 250 to 150 cm below. */
#include "pins.h"

void pins_start(void) {}

uint32_t tips(void) { return now_ms() / 500; }

void set_debounce_ms(uint16_t debounce_ms) { (void)debounce_ms; }

int32_t distance(void) { return 2500 - (int32_t)(now_ms() / 1000 % 1000); }

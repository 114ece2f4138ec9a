/* Pins of an ATmega328P: the bucket's reed contact between PD2 (Arduino 2) and ground, an ultrasonic sensor of the
 * HC-SR04 kind (JSN-SR04T in mode 0) with its trigger at PB0 (8) and its echo at PB1 (9). */
#include "pins.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>
#include <util/delay.h>

#include "../siaga.h"

#define NO_ECHO_US 38000UL /* how long the echo stays high where nothing came back (HC-SR04 data sheet) */
#define NEAREST_US 1160UL  /* 20 cm: nearer than that a JSN-SR04T sees nothing */

static volatile uint32_t tipped;
static volatile uint32_t closed_ms;
static volatile uint16_t shortest_ms = 100;

void pins_start(void)
{
    PORTD |= _BV(PORTD2); /* pull-up: the contact closes to ground */
    EICRA |= _BV(ISC01);  /* INT0 on the falling edge */
    EIMSK |= _BV(INT0);
    DDRB |= _BV(DDB0);
    closed_ms = (uint32_t)0 - shortest_ms;
}

ISR(INT0_vect)
{
    uint32_t at_ms = now_ms();
    if (at_ms - closed_ms >= shortest_ms)
        tipped++;
    closed_ms = at_ms; /* a contact that bounces on keeps itself quiet */
}

uint32_t tips(void)
{
    uint32_t total;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { total = tipped; }
    return total;
}

void set_debounce_ms(uint16_t debounce_ms)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { shortest_ms = debounce_ms; }
}

static bool echo_is(bool high, uint32_t within_us)
{
    uint32_t since_us = now_us();
    while (((PINB & _BV(PINB1)) != 0) != high)
        if (now_us() - since_us > within_us)
            return false;
    return true;
}

int32_t distance(void)
{
    PORTB |= _BV(PORTB0);
    _delay_us(20);
    PORTB &= (uint8_t)~_BV(PORTB0);
    if (!echo_is(true, 2000UL))
        return SIAGA_NOT_MEASURED;
    uint32_t began_us = now_us();
    if (!echo_is(false, NO_ECHO_US))
        return SIAGA_NOT_MEASURED;
    uint32_t echo_us = now_us() - began_us;
    if (echo_us < NEAREST_US)
        return SIAGA_NOT_MEASURED;
    return (int32_t)(echo_us * 5 / 29); /* 58 us a centimetre, there and back at 343 m/s: 0.1 cm is 5.8 us */
}

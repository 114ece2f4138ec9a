/* A board that counts rain and measures the water below it: ATmega328P at 16 MHz (Arduino Uno), the gateway at its UART.
 *
 *   channel 0: rainfall, tips of the bucket      channel 1: distance to the surface
 *   a frame every ten seconds, or as the gateway configures; one more at each "read now"
 */
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "../siaga.h"
#include "pins.h"

#define BAUD_RATE 38400UL
#define HEARD 64 /* bytes that wait for the main loop, a power of two: more than come in the 40 ms of a measurement */

static volatile uint32_t ticks_ms;
static volatile uint8_t heard[HEARD];
static volatile uint8_t heard_in, heard_out;
static uint16_t EEMEM boots; /* 65535 where nothing was written yet: the first start is number 0 */

static siaga_board board;
static uint8_t interval_s = 10;

ISR(TIMER1_COMPA_vect) { ticks_ms++; }

ISR(USART_RX_vect)
{
    uint8_t byte = UDR0, next = (uint8_t)(heard_in + 1) % HEARD;
    if (next != heard_out) { /* a byte too many is lost, and the check of its command fails */
        heard[heard_in] = byte;
        heard_in = next;
    }
}

uint32_t now_ms(void)
{
    uint32_t ms;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { ms = ticks_ms; }
    return ms;
}

uint32_t now_us(void)
{
    uint32_t ms;
    uint8_t count;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        count = (uint8_t)TCNT1;
        ms = ticks_ms;
        if ((TIFR1 & _BV(OCF1A)) && count < 128) /* the millisecond has just ended, and nobody has counted it */
            ms++;
    }
    return ms * 1000 + count * 4UL;
}

static void start(void)
{
    TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10); /* 16 MHz / 64: 4 us a count */
    OCR1A = 249;                                 /* 250 counts: a millisecond */
    TIMSK1 = _BV(OCIE1A);
    UBRR0 = F_CPU / 16 / BAUD_RATE - 1; /* 25: 38,462 baud */
    UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00); /* 8N1 */
    uint16_t boot = (uint16_t)(eeprom_read_word(&boots) + 1);
    eeprom_write_word(&boots, boot);
    siaga_start(&board, (const uint8_t[3]){2, 0, 0}, boot, SIAGA_TALKS);
    pins_start();
    sei();
}

static void send(const siaga_frame *frame)
{
    for (uint8_t at = 0; at < frame->size; at++) {
        while (!(UCSR0A & _BV(UDRE0)))
            ;
        UDR0 = frame->bytes[at];
    }
}

static void send_readings(void)
{
    siaga_frame frame;
    siaga_begin(&board, &frame, now_ms());
    siaga_counter(&frame, 0, SIAGA_RAINFALL, tips());
    siaga_gauge(&frame, 1, SIAGA_DISTANCE, distance());
    siaga_end(&frame);
    send(&frame);
}

static uint8_t configure(uint8_t key, int32_t value)
{
    switch (key) {
    case SIAGA_INTERVAL_S:
        if (value < 1 || value > 60)
            return SIAGA_REFUSED;
        interval_s = (uint8_t)value;
        return SIAGA_DONE;
    case SIAGA_DEBOUNCE_MS:
        if (value < 10 || value > 1000)
            return SIAGA_REFUSED;
        set_debounce_ms((uint16_t)value);
        return SIAGA_DONE;
    default:
        return SIAGA_UNKNOWN;
    }
}

static void obey(const siaga_command *command)
{
    siaga_frame frame;
    uint8_t status = SIAGA_UNKNOWN; /* SIAGA_TIME among them: nothing here needs the time of day */
    if (command->kind == SIAGA_CONFIGURE)
        status = configure(command->key, command->value);
    else if (command->kind == SIAGA_READ_NOW)
        status = SIAGA_DONE;
    siaga_answer(&frame, command, status);
    send(&frame);
    if (command->kind == SIAGA_READ_NOW)
        send_readings();
}

int main(void)
{
    siaga_command command;
    start();
    send_readings();
    uint32_t sent_ms = now_ms();
    for (;;) {
        while (heard_out != heard_in) {
            uint8_t byte = heard[heard_out];
            heard_out = (uint8_t)(heard_out + 1) % HEARD;
            if (siaga_receive(&board, byte, now_ms(), &command))
                obey(&command);
        }
        if (now_ms() - sent_ms >= interval_s * 1000UL) {
            sent_ms = now_ms();
            send_readings();
        }
    }
}

/* A board that counts who comes in and goes out, for an ESP32 and anything else with two inputs and a UART.
 *
 *   channel 0: people_in, people_out      a frame every ten seconds, or as the gateway configures; and at "read now"
 */
#include "../siaga.h"
#include "beams.h"
#include "platform.h"

static siaga_board board;
static beams counted;
static uint32_t interval_ms = 10000;

static void send(const siaga_frame *frame) { send_bytes(frame->bytes, frame->size); }

static void send_readings(void)
{
    siaga_frame frame;
    siaga_begin(&board, &frame, now_ms());
    siaga_counter(&frame, 0, SIAGA_PEOPLE_IN, counted.in);
    siaga_counter(&frame, 0, SIAGA_PEOPLE_OUT, counted.out);
    siaga_end(&frame);
    send(&frame);
}

static uint8_t configure(uint8_t key, int32_t value)
{
    if (key != SIAGA_INTERVAL_S)
        return SIAGA_UNKNOWN;
    if (value < 1 || value > 60)
        return SIAGA_REFUSED;
    interval_ms = (uint32_t)value * 1000;
    return SIAGA_DONE;
}

static void obey(const siaga_command *command)
{
    siaga_frame frame;
    uint8_t status = SIAGA_UNKNOWN;
    if (command->kind == SIAGA_CONFIGURE)
        status = configure(command->key, command->value);
    else if (command->kind == SIAGA_READ_NOW)
        status = SIAGA_DONE;
    siaga_answer(&frame, command, status);
    send(&frame);
    if (command->kind == SIAGA_READ_NOW)
        send_readings();
}

static void listen(void)
{
    siaga_command command;
    int byte;
    while ((byte = heard_byte()) >= 0)
        if (siaga_receive(&board, (uint8_t)byte, now_ms(), &command))
            obey(&command);
}

int main(void)
{
    platform_start();
    siaga_start(&board, (const uint8_t[3]){2, 0, 0}, boot_number(), SIAGA_TALKS);
    send_readings();
    uint32_t sent_ms = now_ms();
    do {
        beams_step(&counted, outer_beam_is_broken(), inner_beam_is_broken());
        listen();
        if (now_ms() - sent_ms >= interval_ms) {
            sent_ms = now_ms();
            send_readings();
        }
    } while (wait_a_moment());
    return 0;
}

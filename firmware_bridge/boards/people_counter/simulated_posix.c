/* SIMULATED: the board as a program of a POSIX computer, its UART is standard input and output.
 *
 * Somebody walks in each second, and every third of them out again half a second later. It ends with its input.
 */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "platform.h"

#define STEP_MS 40 /* from one state of the beams to the next */

static struct timespec began;
static bool has_ended;

void platform_start(void) { clock_gettime(CLOCK_MONOTONIC, &began); }

uint16_t boot_number(void) { return (uint16_t)getpid(); }

uint32_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000);
}

/* How far somebody is through the door: 0 nobody, 1 to 3 on the way in, -1 to -3 on the way out. */
static int through(void)
{
    uint32_t second = now_ms() / 1000, ms = now_ms() % 1000;
    if (ms < 4 * STEP_MS)
        return (int)(ms / STEP_MS);
    if (second % 3 == 2 && ms >= 500 && ms < 500 + 4 * STEP_MS)
        return -(int)((ms - 500) / STEP_MS);
    return 0;
}

bool outer_beam_is_broken(void)
{
    int way = through();
    return way == 1 || way == 2 || way == -2 || way == -3;
}

bool inner_beam_is_broken(void)
{
    int way = through();
    return way == 2 || way == 3 || way == -1 || way == -2;
}

int heard_byte(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char byte;
    if (has_ended || poll(&input, 1, 0) <= 0)
        return -1;
    if (read(STDIN_FILENO, &byte, 1) == 1)
        return byte;
    has_ended = true;
    return -1;
}

void send_bytes(const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = write(STDOUT_FILENO, bytes, count);
        if (sent < 0)
            exit(1);
        bytes += sent;
        count -= (size_t)sent;
    }
}

bool wait_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    nanosleep(&moment, NULL);
    return !has_ended;
}

/* What the people counter needs of its machine: esp32.c has it for an ESP32, simulated_posix.c makes it up on a computer. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void platform_start(void);
uint16_t boot_number(void); /* another one at each start */
uint32_t now_ms(void);
bool outer_beam_is_broken(void);
bool inner_beam_is_broken(void);
int heard_byte(void); /* from the gateway; -1 where none waits */
void send_bytes(const uint8_t *bytes, size_t count);
bool wait_a_moment(void); /* about a millisecond; false to end, which a board never does */

#endif

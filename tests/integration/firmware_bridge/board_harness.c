/* Drives the C library by the lines of golden.txt, which come on standard input; says the bytes, or what was received. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "siaga.h"

static siaga_board board;

static void print_frame(const siaga_frame *frame)
{
    for (uint8_t at = 0; at < frame->size; at++)
        printf("%02x", frame->bytes[at]);
    printf("\n");
}

static void frame(const char *rest)
{
    siaga_frame made;
    siaga_begin(&board, &made, (uint32_t)strtoul(rest, NULL, 10));
    for (const char *item = strchr(rest, ' '); item != NULL; item = strchr(item + 1, ' ')) {
        char kind;
        unsigned channel, code;
        long long value;
        if (sscanf(item, " %c:%u:%u:%lld", &kind, &channel, &code, &value) != 4)
            continue;
        if (kind == 'g')
            siaga_gauge(&made, (uint8_t)channel, (uint8_t)code, (int32_t)value);
        else
            siaga_counter(&made, (uint8_t)channel, (uint8_t)code, (uint32_t)value);
    }
    siaga_end(&made);
    print_frame(&made);
}

static void print_command(const siaga_command *command)
{
    printf(" %c:%u", command->kind, command->number);
    if (command->kind == SIAGA_CONFIGURE)
        printf(":%u:%ld", command->key, (long)command->value);
    if (command->kind == SIAGA_TIME)
        printf(":%lu:%u", (unsigned long)command->utc_s, command->utc_ms);
}

static void receive(const char *rest)
{
    siaga_command received[2000];
    unsigned count = 0;
    uint32_t now_ms = (uint32_t)strtoul(rest, NULL, 10);
    const char *hex = strchr(rest, ' ');
    for (unsigned byte; hex != NULL && sscanf(hex, " %2x", &byte) == 1; hex += hex[0] == ' ' ? 3 : 2)
        if (siaga_receive(&board, (uint8_t)byte, now_ms, &received[count]))
            count++;
    printf("%u", board.version);
    for (unsigned each = 0; each < count; each++)
        print_command(&received[each]);
    printf("\n");
}

int main(void)
{
    static char line[8192];
    while (fgets(line, sizeof line, stdin)) {
        unsigned a, b, c, d, e;
        siaga_frame made;
        line[strcspn(line, "\n=")] = 0;
        if (sscanf(line, "board %u %u %u %u %u", &a, &b, &c, &d, &e) == 5)
            siaga_start(&board, (const uint8_t[3]){(uint8_t)b, (uint8_t)c, (uint8_t)d}, (uint16_t)e, (uint8_t)a);
        else if (sscanf(line, "seq %u", &a) == 1)
            board.seq = a;
        else if (strncmp(line, "frame ", 6) == 0)
            frame(line + 6);
        else if (sscanf(line, "answer %u %u", &a, &b) == 2) {
            siaga_answer(&made, &(siaga_command){.number = (uint8_t)a}, (uint8_t)b);
            print_frame(&made);
        } else if (strncmp(line, "receive ", 8) == 0)
            receive(line + 8);
        fflush(stdout);
    }
    return 0;
}

#include "siaga.h"

#define VERSION_AT 3 /* of a frame of readings as it is built: 'S' 'G' len version … in 1, 00 code kind version … in 2 */
#define ITEMS_AT 18
#define ITEM_SIZE 6
#define KIND_AT 2
#define READINGS 'R'
#define ANSWER 'A'

uint16_t siaga_crc(const uint8_t *bytes, uint8_t count)
{
    uint16_t crc = 0xFFFF;
    while (count--) {
        crc ^= (uint16_t)((uint16_t)*bytes++ << 8);
        for (uint8_t bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (uint16_t)(crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

static void put(siaga_frame *frame, uint32_t value, uint8_t bytes)
{
    while (bytes--) {
        frame->bytes[frame->size++] = (uint8_t)value;
        value >>= 8;
    }
}

void siaga_start(siaga_board *board, const uint8_t firmware[3], uint16_t boot, uint8_t flags)
{
    *board = (siaga_board){.boot = boot, .flags = flags, .version = 1};
    for (uint8_t part = 0; part < 3; part++)
        board->firmware[part] = firmware[part];
}

void siaga_begin(siaga_board *board, siaga_frame *frame, uint32_t now_ms)
{
    if (board->version != 1 && now_ms - board->heard_ms >= SIAGA_SILENCE_MS)
        board->version = 1;
    frame->size = 0;
    frame->version = board->version;
    /* both versions keep version, head and items at the same places */
    put(frame, frame->version == 1 ? 0x4753 : 0, 2);
    put(frame, frame->version == 1 ? 0 : READINGS, 1); /* len is filled in by siaga_end */
    put(frame, frame->version, 1);
    put(frame, board->flags, 1);
    for (uint8_t part = 0; part < 3; part++)
        put(frame, board->firmware[part], 1);
    put(frame, board->boot, 2);
    put(frame, board->seq++, 4);
    put(frame, now_ms, 4);
}

static bool add(siaga_frame *frame, uint8_t channel, uint8_t code, uint32_t value)
{
    if (frame->size >= ITEMS_AT + SIAGA_MAX_ITEMS * ITEM_SIZE)
        return false;
    put(frame, channel, 1);
    put(frame, code, 1);
    put(frame, value, 4);
    return true;
}

bool siaga_gauge(siaga_frame *frame, uint8_t channel, uint8_t code, int32_t value)
{
    return add(frame, channel, code, (uint32_t)value);
}

bool siaga_counter(siaga_frame *frame, uint8_t channel, uint8_t code, uint32_t total)
{
    return add(frame, channel, code, total);
}

/* COBS in place (Cheshire and Baker 1999): each zero becomes the distance to the next one; the code byte leads. */
static void stuff(siaga_frame *frame)
{
    uint8_t zero_at = 1;
    for (uint8_t at = KIND_AT; at < frame->size; at++) {
        if (frame->bytes[at] == 0) {
            frame->bytes[zero_at] = at - zero_at;
            zero_at = at;
        }
    }
    frame->bytes[zero_at] = frame->size - zero_at; /* below 255: no frame is as long as COBS has blocks */
    frame->bytes[0] = 0;
    put(frame, 0, 1);
}

void siaga_end(siaga_frame *frame)
{
    if (frame->version == 1) {
        frame->bytes[2] = frame->size - 3;
        put(frame, siaga_crc(frame->bytes + 2, frame->size - 2), 2);
        return;
    }
    put(frame, siaga_crc(frame->bytes + KIND_AT, frame->size - KIND_AT), 2);
    stuff(frame);
}

void siaga_answer(siaga_frame *frame, const siaga_command *command, uint8_t status)
{
    frame->size = 0;
    frame->version = 2;
    put(frame, 0, 2);
    put(frame, ANSWER, 1);
    put(frame, command->number, 1);
    put(frame, status, 1);
    siaga_end(frame);
}

static uint32_t get(const uint8_t *bytes, uint8_t count)
{
    uint32_t value = 0;
    while (count--)
        value = value << 8 | bytes[count];
    return value;
}

static bool parse(siaga_board *board, uint32_t now_ms, siaga_command *command)
{
    const uint8_t *bytes = board->heard;
    uint8_t size = board->heard_size;
    if (size < 4 || siaga_crc(bytes, size - 2) != get(bytes + size - 2, 2))
        return false;
    *command = (siaga_command){.kind = bytes[0], .number = bytes[1]};
    switch (command->kind) {
    case SIAGA_HELLO: /* kind, lowest and highest version that the gateway speaks */
        if (size == 5 && (board->flags & SIAGA_TALKS)) {
            board->heard_ms = now_ms;
            board->version = bytes[1] <= 2 && bytes[2] >= 2 ? 2 : 1;
        }
        return false;
    case SIAGA_READ_NOW:
        return size == 4;
    case SIAGA_CONFIGURE:
        command->key = bytes[2];
        command->value = (int32_t)get(bytes + 3, 4);
        return size == 9;
    case SIAGA_TIME:
        command->utc_s = get(bytes + 2, 4);
        command->utc_ms = (uint16_t)get(bytes + 6, 2);
        return size == 10;
    default:
        return true; /* a later gateway knows more: the answer is SIAGA_UNKNOWN */
    }
}

static void hear(siaga_board *board, uint8_t byte)
{
    if (board->heard_size == SIAGA_MAX_COMMAND)
        board->is_spoilt = true;
    else
        board->heard[board->heard_size++] = byte;
}

bool siaga_receive(siaga_board *board, uint8_t byte, uint32_t now_ms, siaga_command *command)
{
    if (byte == 0) { /* the end of a command, and perhaps the beginning of the next */
        bool is_whole = board->code == 1 && board->heard_size && !board->is_spoilt;
        bool is_good = is_whole && parse(board, now_ms, command);
        board->heard_size = board->code = 0;
        board->is_spoilt = board->is_zero_due = false;
        return is_good;
    }
    if (board->code > 1) {
        board->code--;
        hear(board, byte);
        return false;
    }
    if (board->is_zero_due) /* of the block before: only now it is known that another follows */
        hear(board, 0);
    board->is_zero_due = byte != 0xFF;
    board->code = byte;
    return false;
}

/* The board protocol of Siaga, versions 1 and 2, for any microcontroller: C99, no allocation, no floating point.
 *
 *   version 1, one way   53 47 | len | 01 | head | items | crc                          as it stands
 *   version 2, both ways 00 | COBS( kind | body | crc ) | 00                            no zero inside: always found again
 *
 *   siaga_board board;
 *   siaga_start(&board, firmware, boot, SIAGA_TALKS);
 *   each interval:   siaga_begin(&board, &frame, now_ms); siaga_gauge(…); siaga_counter(…); siaga_end(&frame); send it
 *   each byte heard: if (siaga_receive(&board, byte, now_ms, &command)) { do it; siaga_answer(&frame, …); send it }
 *
 * A board begins in version 1, which every gateway reads. One that has SIAGA_TALKS says so in its frames; a gateway that
 * can write says hello then, and the board goes on in version 2 for as long as it hears a hello every five minutes.
 * docs/board-protocol.md is the contract; firmware_bridge/families/board.py is the other side of it.
 */
#ifndef SIAGA_H
#define SIAGA_H

#include <stdbool.h>
#include <stdint.h>

#define SIAGA_MAX_ITEMS 16
#define SIAGA_MAX_FRAME 120          /* bytes of the longest frame of either version, 117 of them used */
#define SIAGA_MAX_COMMAND 12         /* bytes of the longest command, before COBS */
#define SIAGA_NOT_MEASURED INT32_MIN /* a gauge whose sensor did not answer */
#define SIAGA_SILENCE_MS 300000UL    /* without a hello for so long a board goes back to version 1 */

enum siaga_flags {
    SIAGA_KEPT = 0x01, /* totals are kept across restarts (EEPROM, FRAM) */
    SIAGA_TALKS = 0x02 /* the board listens, and speaks version 2 where the gateway does */
};

enum siaga_gauge_code {
    SIAGA_WATER_LEVEL = 0x01,    /* 0.1 cm */
    SIAGA_DISTANCE = 0x02,       /* 0.1 cm */
    SIAGA_FLOW = 0x03,           /* 0.001 m3/s */
    SIAGA_RAIN_RATE = 0x04,      /* 0.01 mm/h */
    SIAGA_PM1 = 0x10,            /* 0.1 ug/m3 */
    SIAGA_PM2_5 = 0x11,          /* 0.1 ug/m3 */
    SIAGA_PM10 = 0x12,           /* 0.1 ug/m3 */
    SIAGA_CO = 0x13,             /* 1 ug/m3 */
    SIAGA_CO2 = 0x14,            /* 1 ppm */
    SIAGA_NO2 = 0x15,            /* 0.1 ug/m3 */
    SIAGA_O3 = 0x16,             /* 0.1 ug/m3 */
    SIAGA_SO2 = 0x17,            /* 0.1 ug/m3 */
    SIAGA_HC = 0x18,             /* 0.1 ug/m3 */
    SIAGA_VOC = 0x19,            /* 0.1 ug/m3 */
    SIAGA_TEMPERATURE = 0x1A,    /* 0.01 degrees Celsius */
    SIAGA_HUMIDITY = 0x1B,       /* 0.01 % */
    SIAGA_PRESSURE = 0x1C,       /* 0.01 hPa */
    SIAGA_NOISE = 0x1D,          /* 0.1 dB */
    SIAGA_WIND_SPEED = 0x1E,     /* 0.01 m/s */
    SIAGA_WIND_DIRECTION = 0x1F, /* 0.1 degree */
    SIAGA_OCCUPANCY = 0x20,      /* 1 person */
    SIAGA_DWELL = 0x21,          /* 1 s */
    SIAGA_DEVICES_SEEN = 0x22    /* 1 device */
};

enum siaga_counter_code {
    SIAGA_RAINFALL = 0x81,  /* tips of the bucket */
    SIAGA_PEOPLE_IN = 0x90, /* people who came in */
    SIAGA_PEOPLE_OUT = 0x91 /* people who went out */
};

enum siaga_command_kind {
    SIAGA_HELLO = 'H',    /* answered by the library itself, by the version of the next frame */
    SIAGA_READ_NOW = 'N', /* send readings at once */
    SIAGA_CONFIGURE = 'C',
    SIAGA_TIME = 'T'
};

enum siaga_key {
    SIAGA_INTERVAL_S = 0x01,  /* seconds between frames, 1 to 60 */
    SIAGA_DEBOUNCE_MS = 0x02  /* closures of a contact that follow within so many ms are one, 10 to 1000 */
};

enum siaga_status {
    SIAGA_DONE = 0,
    SIAGA_UNKNOWN = 1, /* this board does not know such a command or key */
    SIAGA_REFUSED = 2  /* the value cannot be used */
};

typedef struct {
    uint8_t bytes[SIAGA_MAX_FRAME]; /* send `size` of them, in one go */
    uint8_t size;
    uint8_t version;
} siaga_frame;

typedef struct {
    uint8_t kind;   /* of enum siaga_command_kind, or another: answer SIAGA_UNKNOWN */
    uint8_t number; /* to be repeated in the answer */
    uint8_t key;    /* of SIAGA_CONFIGURE */
    int32_t value;  /* of SIAGA_CONFIGURE */
    uint32_t utc_s; /* of SIAGA_TIME: seconds since 1970 */
    uint16_t utc_ms;
} siaga_command;

typedef struct {
    uint8_t firmware[3];
    uint8_t flags;
    uint16_t boot; /* another number at each start */
    uint32_t seq;  /* of the next frame of readings */
    uint8_t version;
    uint32_t heard_ms; /* when the gateway said hello last */
    uint8_t heard[SIAGA_MAX_COMMAND];
    uint8_t heard_size;
    uint8_t code; /* bytes until the next zero of COBS, 0 between commands */
    bool is_spoilt;
    bool is_zero_due;
} siaga_board;

void siaga_start(siaga_board *board, const uint8_t firmware[3], uint16_t boot, uint8_t flags);

/* A frame of readings in the version that is spoken now; it takes the next seq. */
void siaga_begin(siaga_board *board, siaga_frame *frame, uint32_t now_ms);
/* What stands in the frame of one value; false, and nothing is added, where 16 are in it. */
bool siaga_gauge(siaga_frame *frame, uint8_t channel, uint8_t code, int32_t value);
bool siaga_counter(siaga_frame *frame, uint8_t channel, uint8_t code, uint32_t total);
/* Finish a frame: now send frame->bytes, frame->size of them. */
void siaga_end(siaga_frame *frame);

/* Take a byte from the gateway; true where it ends a whole good command that is to be carried out and answered. */
bool siaga_receive(siaga_board *board, uint8_t byte, uint32_t now_ms, siaga_command *command);
/* The frame that answers a command, ready to send. */
void siaga_answer(siaga_frame *frame, const siaga_command *command, uint8_t status);

/* CRC-16/IBM-3740: "123456789" gives 29B1. */
uint16_t siaga_crc(const uint8_t *bytes, uint8_t count);

#endif

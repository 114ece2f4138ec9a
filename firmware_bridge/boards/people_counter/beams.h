/* Two light beams across a door tell which way somebody walks.
 *
 *   outside | o  i | inside        in:  outer broken, both, inner, none        out: the same from the inside
 */
#ifndef BEAMS_H
#define BEAMS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t seen; /* bit 0: the outer beam is broken, bit 1: the inner one */
    int8_t way;   /* quarters of the way in, negative on the way out */
    uint32_t in;
    uint32_t out;
} beams;

/* Take what the beams are now. Who turns round, or only holds a hand in, is not counted. */
void beams_step(beams *counted, bool outer_is_broken, bool inner_is_broken);

#endif

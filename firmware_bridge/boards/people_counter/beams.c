#include "beams.h"

/* The way in is the order 00, 01, 11, 10, 00: a quarter for each step along it, one back for each against it. */
static int8_t quarter(uint8_t from, uint8_t to)
{
    static const uint8_t place_of[4] = {0, 1, 3, 2};
    switch ((place_of[to] - place_of[from]) & 3) {
    case 1:
        return 1;
    case 3:
        return -1;
    default: /* nothing moved; or both beams at once, which says nothing of the way */
        return 0;
    }
}

void beams_step(beams *counted, bool outer_is_broken, bool inner_is_broken)
{
    uint8_t now = (uint8_t)((outer_is_broken ? 1 : 0) | (inner_is_broken ? 2 : 0));
    counted->way = (int8_t)(counted->way + quarter(counted->seen, now));
    counted->seen = now;
    if (now != 0)
        return;
    if (counted->way == 4)
        counted->in++;
    if (counted->way == -4)
        counted->out++;
    counted->way = 0;
}

"""NMEA 0183: sentences of captures and published tests; those after them with other values are built by hand."""

from firmware_bridge import Sample
from firmware_bridge.families.nmea import build
from tests.unit.firmware_bridge.examples import Family

EXAMPLES = {
    "nmea": Family(
        {},
        (
            b"$IIMWV,271.0,R,000.2,N,A*3B\r\n",
            build("WIMWV,214.8,R,18.0,K,V"),  # not valid
            b"$GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*68\r\n",
            b"$GNRMC,,V,,,,,,,,,,N,V*37\r\n",
            b"$YXXDR,A,-64.437,M,N,A,054.454,D,E,C,17.09,C,T-N1052*46\r\n",
            b"$WIXDR,P,1008.8,B,3,C,31.9,C,0,H,67.3,P,2,C,99.9,C,1*5B\r\n",  # hPa, and says bar
            b"$YXXDR,C,16,C*64\r\n",
            b"$GPTXT,01,01,02,ANTSTATUS=OK*3B\r\n",
            b"$WIMDA,29.8578,I,1.0111,B,26.1,C,,,16.1,,-1.6,C,0.0,T,1.4,M,0.0,N,0.0,M*7C\r\n",
            build("WIMWV,90.0,T,36.0,K,A"),
            b"$IIMWV,271.0,R,000.2,N,A*3B\r\n",  # relative, and true wind comes too
            build("YXMTW,27.5,C"),
        ),
        (
            (Sample("wind_speed", 0.1028888889), Sample("wind_direction", 271.0)),
            (),
            (),
            (),
            (Sample("temperature", 17.09),),
            (Sample("temperature", 31.9), Sample("humidity", 67.3)),
            (Sample("temperature", 16.0),),
            (),
            (
                Sample("pressure", 1011.1),
                Sample("temperature", 26.1),
                Sample("humidity", 16.1),
                Sample("wind_speed", 0.0),
                Sample("wind_direction", 0.0),
            ),
            (Sample("wind_speed", 10.0), Sample("wind_direction", 90.0)),
            (),
            (Sample("water_temperature", 27.5),),
        ),
        (
            b"$GNRMC,103607.00,A,5327.03942,N,00214.42462,W,XXXXX,,060321,,,A,V*7A\r\n",
            b"$IIMWV,271.0,R,000.3,N,A*3B\r\n",
            b"$IIMWV,271.0,R,000.2,N,A\r\n",  # no checksum
            b"$IIMWV,271.0,R,0$WIMTA,19.4*3B\r\n",
            b"IIMWV,271.0,R,000.2,N,A*3B\r\n",
        ),
        mutant=('"MWV": SentenceType((5,)', '"MWV": SentenceType((6,)'),
    ),
    "turned": Family(
        {"heading_deg": 100.0, "names": {"T-N1052": "water_temperature", "DEWP": "temperature"}},
        (
            b"$IIMWV,271.0,R,000.2,N,A*3B\r\n",
            b"$YXXDR,A,-64.437,M,N,A,054.454,D,E,C,17.09,C,T-N1052*46\r\n",
            build("WIXDR,C,20.5,C,DEWP,S,3.5,M,1,S,9.0,M,2,A,320,D,1"),
            b"$GPTXT,01,01,02,ANTSTATUS=OK*3B\r\n",
        ),
        (
            (Sample("wind_speed", 0.1028888889), Sample("wind_direction", 11.0)),
            (Sample("water_temperature", 17.09),),
            (
                Sample("temperature", 20.5),
                Sample("wind_speed", 3.5),
                Sample("wind_gust", 9.0),
                Sample("wind_direction", 320.0),
            ),
            (),
        ),
        (b"$IIMWV,271.0,R,000.3,N,A*3B\r\n",),
        mutant=('chosen["heading_deg"]', "0.0"),
    ),
}

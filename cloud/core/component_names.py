"""What the parts of health are called, in both languages.

name_of("dead_letters") -> Bilingual("Refused readings", "Data yang ditolak")
name_of("channel_siren") -> Bilingual("Channel siren", "Saluran siren")        name_of("pump") -> "pump", as it is
"""

from collections.abc import Mapping

from i18n.message import Bilingual

NAMES: Mapping[str, Bilingual] = {
    # component                 English                            Indonesian
    "broker":         Bilingual("Connection to the broker",        "Sambungan ke broker"),
    "store":          Bilingual("Readings store",                  "Penyimpan data"),
    "rollups":        Bilingual("Rollups of readings",             "Rangkuman data"),
    "retention":      Bilingual("Removal of old readings",         "Penghapusan data lama"),
    "registry":       Bilingual("Registry database",               "Basis data registri"),
    "alarms":         Bilingual("Evaluation of alarm rules",       "Penilaian aturan peringatan"),
    "ingest":         Bilingual("Taking in of readings",           "Penerimaan data"),
    "ingester":       Bilingual("News from the ingester",          "Kabar dari penerima data"),
    "configurations": Bilingual("Configurations of gateways",      "Konfigurasi gateway"),
    "derived":        Bilingual("Computation of indices",          "Perhitungan indeks"),
    "dead_letters":   Bilingual("Refused readings",                "Data yang ditolak"),
    "dashboards":     Bilingual("Writing for dashboards",          "Penulisan untuk dasbor"),
    "notifications":  Bilingual("Notifications",                   "Pemberitahuan"),
    "disk":           Bilingual("Disk of the server",              "Disk server"),
    "certificates":   Bilingual("Certificates",                    "Sertifikat"),
    "backups":        Bilingual("Backups",                         "Cadangan data"),
    "outputs":        Bilingual("Sirens and lamps of gateways",    "Sirene dan lampu gateway"),
    "clocks":         Bilingual("Clocks of server and gateways",   "Jam server dan gateway"),
    "refused":        Bilingual("Readings that are refused",       "Data yang sedang ditolak"),
    "geometry":       Bilingual("Heights of water sensors",        "Tinggi sensor air"),
    "imports":        Bilingual("Historical readings",             "Data historis"),
    "review":         Bilingual("Later verdicts on readings",      "Penilaian ulang data"),
    "settings":       Bilingual("Settings that were read again",   "Pengaturan yang dibaca ulang"),
    "gateways":       Bilingual("Gateways",                        "Gateway"),
    "updates":        Bilingual("Repository of gateway updates",   "Repositori pembaruan gateway"),
    "rollout":        Bilingual("Rollout of a gateway version",    "Penyebaran versi gateway"),
    "single_sign_on": Bilingual("Single sign-on",                  "Masuk tunggal (SSO)"),
}  # fmt: skip
_CHANNEL = "channel_"


def name_of(component: str) -> Bilingual:
    """What a component is called; one that the table does not have is called by its id."""
    if component.startswith(_CHANNEL):
        channel = component.removeprefix(_CHANNEL)
        return Bilingual(f"Channel {channel}", f"Saluran {channel}")
    return NAMES.get(component, Bilingual(component, component))

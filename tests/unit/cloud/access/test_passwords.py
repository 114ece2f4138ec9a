from argon2 import PasswordHasher, Type, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from cloud.access.passwords import Passwords
from tests.unit.cloud.access.house import PASSWORD


async def test_unless_it_is_told_otherwise_a_hash_costs_what_rfc_9106_recommends():
    used = extract_parameters(await Passwords().hash(PASSWORD))
    assert (used.type, used.memory_cost, used.time_cost, used.parallelism) == (Type.ID, 65_536, 3, 4)
    assert used == RFC_9106_LOW_MEMORY


async def test_a_hash_that_was_made_at_another_cost_is_still_checked():
    kept = await Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)).hash(PASSWORD)
    assert await Passwords().verify(kept, PASSWORD)
    assert not await Passwords().verify(kept, "another river")

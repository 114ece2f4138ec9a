"""InfluxDB 2.x, by influxdb-client:  set-up ─► organisation ─► bucket ─► retention ─► mapping ─► two logins.

The mapping (DBRP) is the name by which InfluxQL finds the bucket. A login is one of the v1 API (name and password),
which writes and reads at the addresses of 1.x; with api = "v2" the cloud gets a token instead, which the server makes.

What the server answers: seen on 2.9.1.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.bucket import Bucket
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.dbrp_create import DBRPCreate
from influxdb_client.domain.legacy_authorization_post_request import LegacyAuthorizationPostRequest
from influxdb_client.domain.onboarding_request import OnboardingRequest
from influxdb_client.domain.organization import Organization
from influxdb_client.domain.password_reset_body import PasswordResetBody
from influxdb_client.domain.permission import Permission
from influxdb_client.domain.permission_resource import PermissionResource
from influxdb_client.rest import ApiException
from influxdb_client.service.dbr_ps_service import DBRPsService
from influxdb_client.service.legacy_authorizations_service import LegacyAuthorizationsService
from influxdb_client.service.setup_service import SetupService
from urllib3.exceptions import HTTPError

from cloud.readings.administration.plan import (
    FOR_EVER_S,
    RETENTION_POLICY,
    InitStep,
    Outcome,
    StoreInitError,
    StoreLogin,
    StorePlan,
    retention_text,
)
from cloud.readings.administration.server import TIMEOUT_S
from runtime.secret_urls import SecretUrl
from runtime.whole_files import replace_file

READ, READ_AND_WRITE = ("read",), ("read", "write")


def init_influxdb_2(plan: StorePlan) -> Iterator[InitStep]:
    """Make what is missing, and say each step; StoreInitError at the first that the server refuses."""
    token = plan.administrator_token
    if token is None:
        raise StoreInitError("InfluxDB 2 needs its administrator's token: admin.token, which deploy/bootstrap makes")
    name = SecretUrl(plan.url)
    with InfluxDBClient(plan.url, token=token, timeout=int(TIMEOUT_S * 1_000)) as client, _sentences(name):
        yield _set_up(client, plan, token)
        organisation, step = _organisation(client, plan.organisation)
        yield step
        bucket, step = _bucket(client, organisation, plan)
        yield step
        yield _retention(client, bucket, plan.retention_s)
        yield _mapping(client, bucket, plan.database)
        yield _cloud_login(client, bucket, plan)
        yield _user(client, bucket, plan.reader, READ)


def bucket_retention_s(url: str, token: str, bucket: str) -> int:
    """How long a bucket keeps its points, in seconds (0 for ever); StoreInitError where that cannot be asked."""
    with InfluxDBClient(url, token=token, timeout=int(TIMEOUT_S * 1_000)) as client, _sentences(SecretUrl(url)):
        found = client.buckets_api().find_buckets(name=bucket).buckets
        if not found:
            raise StoreInitError(
                f"InfluxDB shows this token no bucket {bucket}; siaga-cloud store init makes one that does"
            )
        return _retention_s(found[0])


@contextmanager
def _sentences(name: SecretUrl) -> Iterator[None]:
    """Turn what the client raises into one sentence."""
    try:
        yield
    except ApiException as error:
        said = " ".join(str(error.message or error.reason or "").split())[:300]
        advice = "; admin.token is not a token of this server's administrator" if error.status == 401 else ""
        raise StoreInitError(f"InfluxDB at {name} answered {error.status}: {said}{advice}") from None
    except HTTPError as error:
        raise StoreInitError(f"InfluxDB at {name} cannot be reached: {name.keep_out_of(str(error))}") from None


def _set_up(client: InfluxDBClient, plan: StorePlan, token: str) -> InitStep:
    service = SetupService(client.api_client)
    if not service.get_setup().allowed:
        return InitStep("set-up", Outcome.KEPT, "InfluxDB was set up already")
    service.post_setup(
        OnboardingRequest(
            username=plan.administrator.name,
            password=plan.administrator.password,
            org=plan.organisation,
            bucket=plan.bucket,
            retention_period_seconds=plan.retention_s or FOR_EVER_S,
            token=token,
        )
    )
    return InitStep("set-up", Outcome.MADE, f"{plan.administrator.name}, with the password of admin.password")


def _organisation(client: InfluxDBClient, name: str) -> tuple[Organization, InitStep]:
    organisations = client.organizations_api()
    found = next((each for each in organisations.find_organizations(limit=100) if each.name == name), None)
    if found is not None:
        return found, InitStep("organisation", Outcome.KEPT, name)
    return organisations.create_organization(name=name), InitStep("organisation", Outcome.MADE, name)


def _bucket(client: InfluxDBClient, organisation: Organization, plan: StorePlan) -> tuple[Bucket, InitStep]:
    buckets = client.buckets_api()
    found = buckets.find_buckets(name=plan.bucket, org_id=organisation.id).buckets
    if found:
        return found[0], InitStep("bucket", Outcome.KEPT, plan.bucket)
    rules = BucketRetentionRules(type="expire", every_seconds=plan.retention_s or FOR_EVER_S)
    made = buckets.create_bucket(bucket_name=plan.bucket, retention_rules=[rules], org_id=organisation.id)
    return made, InitStep("bucket", Outcome.MADE, plan.bucket)


def _retention(client: InfluxDBClient, bucket: Bucket, wanted_s: int | None) -> InitStep:
    found_s = _retention_s(bucket)
    if wanted_s is None or wanted_s == found_s:
        return InitStep("retention", Outcome.KEPT, f"readings are kept {retention_text(found_s)}")
    bucket.retention_rules = [BucketRetentionRules(type="expire", every_seconds=wanted_s)]
    client.buckets_api().update_bucket(bucket)
    said = f"readings are kept {retention_text(wanted_s)}; it was {retention_text(found_s)}"
    return InitStep("retention", Outcome.CHANGED, said)


def _retention_s(bucket: Bucket) -> int:
    return bucket.retention_rules[0].every_seconds if bucket.retention_rules else FOR_EVER_S


def _mapping(client: InfluxDBClient, bucket: Bucket, database: str) -> InitStep:
    """Map the database of InfluxQL onto the bucket; a virtual mapping, which the server infers, is nobody's promise."""
    service = DBRPsService(client.api_client)
    made = [each for each in service.get_dbr_ps(org_id=bucket.org_id, db=database).content or [] if not each.virtual]
    said = f"InfluxQL finds the bucket {bucket.name} as the database {database}"
    if any(each.bucket_id == bucket.id and each.default for each in made):
        return InitStep("mapping", Outcome.KEPT, said)
    if any(each.default for each in made):
        raise StoreInitError(
            f"the database {database} is mapped onto another bucket than {bucket.name}; delete that mapping"
            " (influx v1 dbrp delete), or name the bucket in store.bucket"
        )
    service.post_dbrp(
        DBRPCreate(
            bucket_id=bucket.id,
            org_id=bucket.org_id,
            database=database,
            retention_policy=RETENTION_POLICY,
            default=True,
        )
    )
    return InitStep("mapping", Outcome.MADE, said)


def _cloud_login(client: InfluxDBClient, bucket: Bucket, plan: StorePlan) -> InitStep:
    if plan.writer is not None:
        return _user(client, bucket, plan.writer, READ_AND_WRITE)
    if plan.token_file is None:
        raise StoreInitError("the cloud has no login at the store; add token_file to [store]")
    return _token(client, bucket, plan, plan.token_file)


def _user(client: InfluxDBClient, bucket: Bucket, login: StoreLogin, actions: Sequence[str]) -> InitStep:
    """Leave a login of the v1 API with these rights on the bucket alone, and with the password of its file."""
    service = LegacyAuthorizationsService(client.api_client)
    all_of_them = service.get_legacy_authorizations(org_id=bucket.org_id).authorizations or []
    found = [each for each in all_of_them if each.token == login.name]  # asked for a name it does not know, it says 404
    fitting = [
        each for each in found if each.status == "active" and _rights(each.permissions) == _wanted(bucket, actions)
    ]
    for other in found:
        if other not in fitting[:1]:
            service.delete_legacy_authorizations_id(other.id)
    kept = (
        fitting[0]
        if fitting
        else service.post_legacy_authorizations(
            LegacyAuthorizationPostRequest(
                org_id=bucket.org_id,
                token=login.name,
                permissions=_permissions(bucket, actions),
                description=f"Siaga: {login.name}",
            )
        )
    )
    service.post_legacy_authorizations_id_password(kept.id, PasswordResetBody(login.password))
    outcome = Outcome.KEPT if fitting else Outcome.CHANGED if found else Outcome.MADE
    return InitStep("login", outcome, f"{login.name} may {' and '.join(actions)} {bucket.name}, and nothing else")


def _token(client: InfluxDBClient, bucket: Bucket, plan: StorePlan, file: Path) -> InitStep:
    """Have the server make a token for the cloud, once: it is shown to nobody again, and stands in its file only."""
    said = f"the token in {file} may read and write {bucket.name}, and nothing else"
    if file.exists() and file.stat().st_size:
        _must_be_taken(plan, file)
        return InitStep("login", Outcome.KEPT, f"{file} has a token that InfluxDB takes")
    permissions = _permissions(bucket, READ_AND_WRITE)
    made = client.authorizations_api().create_authorization(org_id=bucket.org_id, permissions=permissions)
    try:
        replace_file(file, f"{made.token}\n")
    except OSError as error:
        client.authorizations_api().delete_authorization(made)
        raise StoreInitError(f"{file} cannot be written: {error.strerror}; the token was taken back") from None
    return InitStep("login", Outcome.MADE, said)


def _must_be_taken(plan: StorePlan, file: Path) -> None:
    with InfluxDBClient(plan.url, token=file.read_text(encoding="utf-8").strip()) as client:
        try:
            client.buckets_api().find_buckets(name=plan.bucket, limit=1)
        except ApiException as error:
            if error.status != 401:
                raise
            raise StoreInitError(
                f"InfluxDB does not take the token in {file}; delete the file, and run this again for a new one"
            ) from None


def _permissions(bucket: Bucket, actions: Sequence[str]) -> list[Permission]:
    resource = PermissionResource(type="buckets", id=bucket.id, org_id=bucket.org_id)
    return [Permission(action=action, resource=resource) for action in actions]


def _wanted(bucket: Bucket, actions: Sequence[str]) -> set[tuple[str, str, str | None]]:
    return _rights(_permissions(bucket, actions))


def _rights(permissions: Sequence[Permission] | None) -> set[tuple[str, str, str | None]]:
    return {(each.action, each.resource.type, each.resource.id) for each in permissions or []}

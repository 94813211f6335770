"""Tables of organizations, members and access: the state of migrations, and scoped `.values()` reads; writes are SQL.

The DDL itself (keys, checks, triggers, row security) is hand-written in migrations/, see docs/adr."""

from tortoise import fields

from core.model import Model
from tenants.brand_models import Brand as Brand
from tenants.brand_models import BrandDomain as BrandDomain
from tenants.notice_models import Notice as Notice


class Organization(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    number = fields.BigIntField()
    path = fields.TextField()
    parent_id = fields.TextField(null=True)
    kind = fields.TextField()
    name = fields.TextField()
    name_folded = fields.TextField()
    status = fields.TextField()
    billing_number = fields.TextField()
    country = fields.TextField()
    currency = fields.TextField()
    timezone = fields.TextField()
    pricing_model = fields.TextField(null=True)
    managed_by = fields.TextField()
    billing_kind = fields.TextField()
    billing_group_id = fields.TextField(null=True)
    billing_name = fields.TextField()
    is_billing_name_own = fields.BooleanField()
    billing_email = fields.TextField(null=True)
    billing_email_folded = fields.TextField(null=True)
    address = fields.TextField(null=True)
    city = fields.TextField(null=True)
    state_code = fields.TextField(null=True)
    clock_id = fields.TextField(null=True)
    created_at = fields.BigIntField()
    activated_at = fields.BigIntField()
    version = fields.BigIntField()
    kyc_status = fields.TextField()
    kyc_reason = fields.TextField(null=True)
    kyc_decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "organization"
        app = "tenants"


class KycDocument(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    kind = fields.TextField()
    reference = fields.TextField()
    file_name = fields.TextField(null=True)
    file_hash = fields.TextField(null=True)
    handed_in_by_member_id = fields.TextField(null=True)
    handed_in_at = fields.BigIntField()

    class Meta:
        table = "kyc_document"
        app = "tenants"


class KycCode(Model):
    organization_id = fields.CharField(max_length=128, primary_key=True)
    path = fields.TextField()
    code_hash = fields.TextField(null=True)
    sent_to = fields.TextField(null=True)
    expires_at = fields.BigIntField(null=True)
    wrong_tries = fields.BigIntField()
    locked_until_at = fields.BigIntField(null=True)
    verified_at = fields.BigIntField(null=True)

    class Meta:
        table = "kyc_code"
        app = "tenants"


class OrganizationNumber(Model):
    singleton = fields.CharField(max_length=128, primary_key=True)
    last_number = fields.BigIntField()

    class Meta:
        table = "organization_number"
        app = "tenants"


class RetiredBillingNumber(Model):
    billing_number = fields.CharField(max_length=128, primary_key=True)

    class Meta:
        table = "retired_billing_number"
        app = "tenants"


class Suspension(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    reason = fields.TextField()
    set_by_organization_id = fields.TextField()
    started_at = fields.BigIntField()
    lifted_at = fields.BigIntField(null=True)
    is_by_platform = fields.BooleanField()
    caused_at = fields.BigIntField(null=True)
    lift_mode = fields.TextField(null=True)
    delay_max_days = fields.BigIntField(null=True)
    delayed_until_date = fields.TextField(null=True)
    delayed_until_at = fields.BigIntField(null=True)
    ends_at = fields.BigIntField(null=True)
    sign_in_mode = fields.TextField(null=True)
    paying_roles = fields.TextField(null=True)

    class Meta:
        table = "suspension"
        app = "tenants"


class Deletion(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    asked_by = fields.TextField()
    asked_by_member_id = fields.TextField(null=True)
    asked_by_name = fields.TextField(null=True)
    token_hash = fields.TextField(null=True)
    reverse_days = fields.BigIntField()
    asked_at = fields.BigIntField()
    reversible_until_at = fields.BigIntField()
    next_check_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    outcome = fields.TextField(null=True)

    class Meta:
        table = "deletion"
        app = "tenants"


class OrganizationPicture(Model):
    organization_id = fields.CharField(max_length=128, primary_key=True)
    path = fields.TextField()
    media_type = fields.TextField()
    content = fields.TextField()
    changed_at = fields.BigIntField()

    class Meta:
        table = "organization_picture"
        app = "tenants"


class SandboxClock(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    stands_at = fields.BigIntField(null=True)
    version = fields.BigIntField()

    class Meta:
        table = "sandbox_clock"
        app = "tenants"


class Users(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    email = fields.TextField()
    email_folded = fields.TextField()
    password_hash = fields.TextField(null=True)
    password_at = fields.BigIntField(null=True)
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "users"
        app = "tenants"


class Member(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    user_id = fields.TextField(null=True)
    given_name = fields.TextField()
    family_name = fields.TextField(null=True)
    email = fields.TextField(null=True)
    email_folded = fields.TextField(null=True)
    phone = fields.TextField(null=True)
    role = fields.TextField()
    has_portal_access = fields.BooleanField()
    invitation = fields.TextField()
    is_tech_contact = fields.BooleanField()
    is_accounts_contact = fields.BooleanField()
    is_general_contact = fields.BooleanField()
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "member"
        app = "tenants"


class Invitation(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    member_id = fields.TextField()
    token_hash = fields.TextField()
    state = fields.TextField()
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "invitation"
        app = "tenants"


class Session(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    user_id = fields.TextField()
    token_hash = fields.TextField()
    created_at = fields.BigIntField()
    last_used_at = fields.BigIntField()
    password_at = fields.BigIntField()
    idle_minutes = fields.BigIntField()
    max_hours = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    address = fields.TextField(null=True)
    client = fields.TextField(null=True)
    organization_id = fields.TextField(null=True)
    barred_member_ids = fields.TextField()
    bound_organization_id = fields.TextField(null=True)

    class Meta:
        table = "session"
        app = "tenants"


class SignInLock(Model):
    email_folded = fields.CharField(max_length=128, primary_key=True)
    failed_at = fields.JSONField[object]()
    locked_until_at = fields.BigIntField(null=True)

    class Meta:
        table = "sign_in_lock"
        app = "tenants"


class ApiKey(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    name = fields.TextField()
    prefix = fields.TextField()
    secret_hash = fields.TextField()
    scopes = fields.JSONField[object]()
    maker_member_id = fields.TextField()
    maker_name = fields.TextField()
    maker_role = fields.TextField()
    allowed_addresses = fields.JSONField[object](null=True)
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    revoked_at = fields.BigIntField(null=True)
    last_used_at = fields.BigIntField(null=True)
    last_used_address = fields.TextField(null=True)
    version = fields.BigIntField()

    class Meta:
        table = "api_key"
        app = "tenants"


class SupportConsent(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    given_by_organization_id = fields.TextField()
    given_by_member_id = fields.TextField()
    given_by_name = fields.TextField()
    grantee_organization_id = fields.TextField()
    kinds = fields.JSONField[object]()
    access = fields.TextField()
    areas = fields.JSONField[object]()
    days = fields.BigIntField()
    started_at = fields.BigIntField()
    last_date = fields.TextField()
    ends_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    end_reason = fields.TextField(null=True)
    version = fields.BigIntField()

    class Meta:
        table = "support_consent"
        app = "tenants"


class SupportSession(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    kind = fields.TextField()
    target_member_id = fields.TextField(null=True)
    target_name = fields.TextField()
    supporter_organization_id = fields.TextField()
    supporter_member_id = fields.TextField()
    supporter_name = fields.TextField()
    asking_id = fields.TextField()
    is_first_of_asking = fields.BooleanField()
    reason = fields.TextField()
    ticket = fields.TextField()
    minutes = fields.BigIntField()
    access = fields.TextField()
    areas = fields.JSONField[object]()
    state = fields.TextField()
    basis = fields.TextField()
    consent_id = fields.TextField(null=True)
    approved_by_organization_id = fields.TextField(null=True)
    approved_by_name = fields.TextField(null=True)
    approval_hash = fields.TextField(null=True)
    token_hash = fields.TextField()
    asked_at = fields.BigIntField()
    approval_ends_at = fields.BigIntField(null=True)
    opened_at = fields.BigIntField(null=True)
    ends_at = fields.BigIntField(null=True)
    platform_ends_at = fields.BigIntField(null=True)
    ended_at = fields.BigIntField(null=True)
    end_reason = fields.TextField(null=True)
    version = fields.BigIntField()

    class Meta:
        table = "support_session"
        app = "tenants"


class BuyerTag(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    buyer_id = fields.TextField()
    key = fields.CharField(max_length=128, primary_key=True)
    value = fields.TextField()
    value_folded = fields.TextField()

    class Meta:
        table = "buyer_tag"
        app = "tenants"


class PolicyValue(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    buyer_id = fields.TextField()
    parameter = fields.CharField(max_length=128, primary_key=True)
    value = fields.JSONField[object]()

    class Meta:
        table = "policy_value"
        app = "tenants"


class PolicyPreset(Model):
    organization_id = fields.CharField(max_length=128, primary_key=True)
    path = fields.TextField()
    preset = fields.TextField()

    class Meta:
        table = "policy_preset"
        app = "tenants"


class PolicyBound(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    parameter = fields.CharField(max_length=128, primary_key=True)
    bound = fields.JSONField[object]()

    class Meta:
        table = "policy_bound"
        app = "tenants"


class AuditEntry(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    at = fields.BigIntField()
    action = fields.TextField()
    entity_type = fields.TextField()
    entity_id = fields.TextField(null=True)
    result_code = fields.TextField(null=True)
    actor_user_id = fields.TextField(null=True)
    actor_member_id = fields.TextField(null=True)
    actor_organization_id = fields.TextField(null=True)
    actor_name = fields.TextField()
    api_key_id = fields.TextField(null=True)
    on_behalf_of_id = fields.TextField(null=True)
    support_session_id = fields.TextField(null=True)
    on_behalf_of_name = fields.TextField(null=True)
    on_behalf_of_organization_id = fields.TextField(null=True)
    on_behalf_of_organization_name = fields.TextField(null=True)
    before_values = fields.JSONField[object](null=True)
    after_values = fields.JSONField[object](null=True)
    reason = fields.TextField(null=True)
    ticket = fields.TextField(null=True)
    address = fields.TextField(null=True)
    client = fields.TextField(null=True)
    request_id = fields.TextField(null=True)

    class Meta:
        table = "audit_entry"
        app = "tenants"


class Totp(Model):
    user_id = fields.CharField(max_length=128, primary_key=True)
    secret_sealed = fields.TextField()
    last_step = fields.BigIntField()
    created_at = fields.BigIntField()
    confirmed_at = fields.BigIntField(null=True)

    class Meta:
        table = "totp"
        app = "tenants"


class RecoveryCode(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    user_id = fields.TextField()
    code_hash = fields.TextField()
    created_at = fields.BigIntField()
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "recovery_code"
        app = "tenants"


class Passkey(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    user_id = fields.TextField()
    credential_id = fields.TextField()
    public_key = fields.TextField()
    sign_count = fields.BigIntField()
    name = fields.TextField()
    created_at = fields.BigIntField()
    last_used_at = fields.BigIntField(null=True)

    class Meta:
        table = "passkey"
        app = "tenants"


class SignInChallenge(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    kind = fields.TextField()
    token_hash = fields.TextField()
    user_id = fields.TextField(null=True)
    passkey_challenge = fields.TextField()
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "sign_in_challenge"
        app = "tenants"


class IdentityProvider(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    issuer = fields.TextField()
    client_id = fields.TextField()
    client_secret_sealed = fields.TextField()
    email_domains = fields.JSONField[object]()
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "identity_provider"
        app = "tenants"


class IdentityProviderVisit(Model):
    state_hash = fields.CharField(max_length=128, primary_key=True)
    browser_hash = fields.TextField()
    organization_id = fields.TextField()
    nonce = fields.TextField()
    code_verifier = fields.TextField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "identity_provider_visit"
        app = "tenants"


class PasswordReset(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    user_id = fields.TextField()
    token_hash = fields.TextField()
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "password_reset"
        app = "tenants"


class OwnerContactChange(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    member_id = fields.TextField()
    channel = fields.TextField()
    value = fields.TextField()
    code_hash = fields.TextField()
    tries = fields.BigIntField()
    state = fields.TextField()
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "owner_contact_change"
        app = "tenants"


class OwnershipRecovery(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    member_id = fields.TextField()
    reason = fields.TextField()
    ticket = fields.TextField()
    contact_email = fields.TextField()
    requested_by_name = fields.TextField()
    requested_by_member_id = fields.TextField(null=True)
    requested_by_organization_id = fields.TextField()
    state = fields.TextField()
    created_at = fields.BigIntField()
    takes_effect_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)

    class Meta:
        table = "ownership_recovery"
        app = "tenants"


class MailDelivery(Model):
    message_id = fields.TextField()
    address_folded = fields.CharField(max_length=128, primary_key=True)
    state = fields.TextField()
    at = fields.BigIntField()
    error = fields.TextField(null=True)

    class Meta:
        table = "mail_delivery"
        app = "tenants"


class MoveToken(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    token_hash = fields.TextField()
    state = fields.TextField()
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "move_token"
        app = "tenants"


class MoveOffer(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    side = fields.TextField()
    twin_id = fields.TextField()
    moving_id = fields.TextField()
    moving_name = fields.TextField()
    moving_billing_number = fields.TextField()
    new_seller_id = fields.TextField()
    new_seller_name = fields.TextField()
    state = fields.TextField()
    opened_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)

    class Meta:
        table = "move_offer"
        app = "tenants"

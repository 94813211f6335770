"""GEN-5: of two edits that read the same version one is saved, also when only the facts of the seller change."""

import asyncio
from typing import Any

import pytest

from tenants.unit_of_work import Platform
from tests.acting import everything
from tests.graph.billing_documents import codes, done
from tests.rules.fixture_organizations import the_fixture

UPDATE = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) {
    errors { code } organization { version } } }"""
TAGS = {"buyerTags": [{"key": "TypeRef", "value": "gold"}]}
DAY = {"billingDay": 5, "reason": "Asked for by letter"}


@pytest.mark.parametrize("edit", [TAGS, DAY, TAGS | DAY, {"city": "Jurong"}], ids=["tags", "day", "both", "column"])
async def test_gen_5_every_edit_makes_a_new_version(platform: Platform, edit: dict[str, Any]) -> None:
    tree = await the_fixture(platform)
    organization = tree.c2.id if "city" in edit else tree.c1.id
    saved = await done(tree.ben, UPDATE, id=organization, version=1, **edit)
    assert saved == {"errors": [], "organization": {"version": 2}}
    before = await everything(platform)
    assert codes(await done(tree.ben, UPDATE, id=organization, version=1, **edit)) == ["VERSION_CONFLICT"]
    after = await everything(platform)
    changed = {table for table in after if after[table] != before[table]}
    assert changed <= {"audit_entry", "session"}  # the refusal's own entry, and the sessions of asking


async def test_gen_7_of_two_tag_edits_at_once_one_is_saved(platform: Platform) -> None:
    tree = await the_fixture(platform)
    edits = [{"buyerTags": [{"key": "TypeRef", "value": value}]} for value in ("gold", "silver")]
    both = await asyncio.gather(*(done(tree.ben, UPDATE, id=tree.c1.id, version=1, **edit) for edit in edits))
    assert sorted(codes(each) for each in both) == [[], ["VERSION_CONFLICT"]]

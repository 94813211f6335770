"""Who moves sees what became of its token: the old seller's row of an offer about it, to read alone (MOVE-2)."""

from tortoise import migrations

from core.migration_operations import HandWritten
from tenants.row_security import also_read

INDEX = "CREATE INDEX move_offer_moving ON move_offer (moving_id, side)"
ABOUT_ITSELF = "side = 'OLD_SELLER' AND moving_id = current_setting('app.organization_id', true)"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0012_notified_days")]
    operations = [
        HandWritten(
            sqlite=[INDEX],
            postgres=[INDEX, *also_read("move_offer", "moving", ABOUT_ITSELF)],
            state=[],
        ),
    ]

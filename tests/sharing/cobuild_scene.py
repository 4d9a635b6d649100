"""Two parties, each with an unmet demand for a tower, that one new tower would meet."""

from registry.models import Role, User
from sharing.models import CobuildGroup, CobuildMember
from sharing.workflow import cobuild_groups
from sharing.workflow.regrouping import regroup
from tests import factories
from tests.sharing.scene import Scene

HERE = (114.3055, 30.5928)
NEAR = (114.3085, 30.5928)  # about 290 m east
FAR = (114.5, 30.7)


class CobuildScene(Scene):
    """The scene of the workflow's tests, with a second demander beside the first. Towers near tell the region."""

    def __init__(self) -> None:
        super().__init__()
        self.rival = factories.organization("rival")
        self.rival_manager = factories.member(self.rival, Role.MANAGER, "rival-manager")
        self.rival_editor = factories.member(self.rival, Role.EDITOR, "rival-editor")
        self.rival_list = factories.demand_list(self.rival, title="Rival's list")
        self.mine = factories.demand(self.list, at=HERE, name="Harbour", mounting_height_m=30.0, quantity=2)
        self.theirs = factories.demand(self.rival_list, at=NEAR, name="Market", mounting_height_m=20.0)
        factories.unmet(self.mine)
        factories.unmet(self.theirs)

    def grouped(self) -> CobuildGroup:
        """The one group there is after a regrouping."""
        regroup()
        return CobuildGroup.objects.live().get()

    def joined(self) -> CobuildGroup:
        """The group, joined by the first party."""
        return cobuild_groups.join(self.grouped(), actor=self.asker)

    def joined_with_a_third(self) -> tuple[CobuildGroup, User]:
        """The group of three parties, joined by the first and the third; and the third's manager."""
        third = factories.organization("third")
        manager = factories.member(third, Role.MANAGER, "third-manager")
        factories.unmet(factories.demand(factories.demand_list(third), at=HERE, name="Quay", mounting_height_m=20.0))
        return cobuild_groups.join(self.joined(), actor=manager), manager

    def agreed(self) -> CobuildGroup:
        return cobuild_groups.join(self.joined(), actor=self.rival_manager)

    def member(self, group: CobuildGroup, code: str) -> CobuildMember:
        return CobuildMember.objects.get(group=group, party__code=code)

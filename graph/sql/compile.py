"""A GraphQL selection becomes one SQL statement that answers its finished JSON. Holds no business rule.

Every table of the statement carries the tenant's predicate (tenants/row_scope.py); who may read what by role is decided
here, when the statement is made (VIS-8)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, Undefined, get_named_type

from core.transaction import Dialect
from graph.errors import coded
from graph.sql import dialect as sql
from graph.sql.catalogue import Catalogue, Described
from graph.sql.inputs import Leaf, Reader, Variables, argument_tree, plain_values, values_read
from graph.sql.paging import Page, connection_sql
from graph.sql.reads import Encoding, MoneyValue, Part, Sql, ToMany, ToOne, TypeReads, Value
from graph.sql.selection import selected_fields
from tenants.actor import Actor
from tenants.permissions.reading import ReadRight, read_right
from tenants.permissions.vocabulary import Access, Area, Role, Via, ViaKind
from tenants.row_scope import predicate

ALWAYS = 3
"""Parameters 1 to 3 are the scope's (RowScope.arguments)."""

FINDING_FILTERS = ("parentId", "organizationId")
"""Filters that find rows by an index of their own: their path is only checked (docs/adr/0007)."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What of an actor decides a statement's text: role and scopes. Values (path, ids, time) are bound parameters."""

    role: Role
    via: Via


@dataclass(slots=True)
class Compilation:
    """One statement being made: the engine, the reader, the request's variables, and the parameters so far."""

    catalogue: Catalogue
    dialect: Dialect
    sight: Sight
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Variables
    most_nested: int | None = None
    """How many relations one statement may hold within each other on SQLite; deeper ones are read apart."""
    parameters: list[Reader | str] = field(default_factory=list)
    is_reusable: bool = True
    _named: dict[str, str] = field(default_factory=dict)
    _aliases: int = 0
    _nested: int = 0

    # ---- parameters

    def bind(self, leaf: Leaf, change: Callable[[Any], Any] | None = None) -> str:
        """A parameter whose value the request gives; `change` turns it into what the column holds."""
        read = leaf.read
        used = change or _plain
        self.parameters.append(lambda variables: used(read(variables)))
        return f"${ALWAYS + len(self.parameters)}"

    def bind_constant(self, value: object) -> str:
        """A parameter computed from this request alone: the statement is not kept for another one."""
        self.is_reusable = False
        self.parameters.append(lambda _: value)
        return f"${ALWAYS + len(self.parameters)}"

    def bind_computed(self, tree: Any, compute: Callable[[Any], Any]) -> str:
        """A parameter computed from several of the request's values at once; the text may depend on the tree's shape,
        enums and booleans only, so that it serves the next request too."""
        self.parameters.append(lambda variables: compute(values_read(tree, variables)))
        return f"${ALWAYS + len(self.parameters)}"

    def constants(self, tree: Any) -> Any:
        """The tree's plain values, for a text that depends on them: the statement is not kept for another request."""
        self.is_reusable = self.is_reusable and not tree
        return plain_values(tree)

    def of_actor(self, name: str) -> str:
        """A parameter by its name: the reader's `now` and `member_id`, or what the caller gives (`row_id`)."""
        if name not in self._named:
            self.parameters.append(name)
            self._named[name] = f"${ALWAYS + len(self.parameters)}"
        return self._named[name]

    @property
    def now(self) -> str:
        """The parameter of the acting organization's time, in microseconds."""
        return self.of_actor("now")

    @property
    def own_organization(self) -> str:
        """The parameter of the organization the reader stands in."""
        return f"${ALWAYS}"

    def new_alias(self) -> str:
        """A fresh table alias."""
        self._aliases += 1
        return f"t{self._aliases}"

    def text(self, given: Sql, alias: str, parent: str = "") -> str:
        """A declaration's SQL for the row under `alias`."""
        made = given if isinstance(given, str) else given(self)
        return made.replace("{t}", alias).replace("{parent}", parent)

    # ---- visibility

    def visible(self, reads: TypeReads, alias: str, *, is_found_otherwise: bool = True) -> str:
        """The condition that the reader sees a row: its range, and of own rows only where the role says so.

        Refused: FORBIDDEN, SCOPE_MISSING."""
        self.require_area(reads.area)
        condition = predicate(alias, reads.table, self.dialect, is_found_otherwise=is_found_otherwise)
        if reads.shown_when is not None:
            condition += f" AND {self.text(reads.shown_when, alias)}"
        if read_right(self.sight.role, reads.area) is not ReadRight.OWN_ROWS:
            return condition
        own = self.text(reads.own_row, alias) if reads.own_row is not None else "1 = 0"
        return f"{condition} AND {own}"

    def row_is_visible(self, alias: str, table: str) -> str:
        """The scope's condition for a table that an expression names by itself."""
        return predicate(alias, table, self.dialect, is_found_otherwise=True)

    def require_area(self, area: Area) -> None:
        """Refuse what the role or the key's scopes may not read at all."""
        if self.sight.via.kind is ViaKind.PAY_ONLY and not self.sight.via.covers(area, Access.READ):
            raise coded("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
        if read_right(self.sight.role, area) is ReadRight.NOTHING:
            raise coded("FORBIDDEN", "This role may not read this.")
        if not self.sight.via.covers(area, Access.READ):
            scope = f"{area}:read"
            raise coded("SCOPE_MISSING", f"The key or session has no scope {scope}.", details={"scope": scope})

    # ---- selections

    def row_object(self, described: Described, alias: str, nodes: Sequence[FieldNode]) -> str:
        """SQL of the JSON object of the row under `alias`, for the sub-selections of `nodes`."""
        members: list[tuple[str, str]] = []
        for key, same in selected_fields(self, described.name, nodes).items():
            name = same[0].name.value
            is_name = name == "__typename"
            typename = sql.json_name(self.dialect, described.name)
            members.append((key, typename if is_name else self.member(described, alias, name, same)))
        return sql.json_object(self.dialect, members)

    def member(self, described: Described, alias: str, name: str, nodes: Sequence[FieldNode]) -> str:
        """SQL of one field of the row."""
        read = described.fields[name]
        match read:
            case Value():
                return self._value(read, alias, self.catalogue.shape_of_value(described.name, name))
            case MoneyValue():
                return self._money(read, alias, nodes)
            case Part():
                inner = self.catalogue.types[self.catalogue.named_answer(described.name, name)]
                return self.row_object(inner, alias, nodes)
            case ToOne():
                return self._to_one(read, described, alias, name, nodes)
            case ToMany():
                return self._to_many(read, described, alias, name, nodes)
            case _:
                raise AssertionError(f"{described.name}.{name} is of a payload, not of a row")

    def one_row(self, described: Described, condition: Callable[[str], str], nodes: Sequence[FieldNode]) -> str:
        """A query of one JSON object: the visible row that meets the condition; no row when there is none."""
        assert described.reads is not None
        alias = self.new_alias()
        where = f"{condition(alias)} AND {self.visible(described.reads, alias)}"
        return f"SELECT {self.row_object(described, alias, nodes)} FROM {described.reads.table} {alias} WHERE {where}"

    def arguments(self, type_name: str, name: str, node: FieldNode) -> dict[str, Any]:
        """The arguments that were given, as trees by GraphQL name."""
        kinds = self.catalogue.field_type(type_name, name).args
        trees = {
            given.name.value: argument_tree(given.value, kinds[given.name.value].type, self.variables)
            for given in node.arguments or ()
        }
        return {key: tree for key, tree in trees.items() if tree is not Undefined}

    def connection(
        self, described: Described, on: str, parent: str, arguments: dict[str, Any], nodes: Sequence[FieldNode],
        type_name: str, field_name: str,
    ) -> str:  # fmt: skip
        """A query of one JSON object: a page of the visible rows that meet `on` and the filter."""
        assert described.reads is not None
        alias = self.new_alias()
        given = arguments.get("filter") or {}
        is_found_otherwise = bool(on) or any(given.get(name) is not None for name in FINDING_FILTERS)
        conditions = [self.visible(described.reads, alias, is_found_otherwise=is_found_otherwise)]
        if on:
            conditions.append(on.replace("{t}", alias).replace("{parent}", parent))
        conditions += self._filter(type_name, field_name, alias, arguments.get("filter"))
        page = Page.of(arguments, described.reads, alias)
        holder = get_named_type(self.catalogue.field_type(type_name, field_name).type).name
        return connection_sql(self, described, holder, alias, conditions, page, nodes)

    def _filter(self, type_name: str, field_name: str, alias: str, given: Any) -> list[str]:
        argument = self.catalogue.field_type(type_name, field_name).args.get("filter")
        if argument is None:
            return []
        kind = get_named_type(argument.type)
        whole = self.catalogue.whole_filters.get(kind.name)
        if whole is not None:
            return [whole(self, alias, given or {})]
        if not given:
            return []
        build = self.catalogue.conditions[kind.name]
        return [build[name](self, alias, tree) for name, tree in given.items()]

    def _value(self, read: Value, alias: str, shape: sql.Shape) -> str:
        made = self.text(read.sql, alias)
        match read.encoding:
            case Encoding.PLAIN:
                return sql.json_value(self.dialect, made, shape)
            case Encoding.BOOLEAN:
                return sql.boolean(self.dialect, made)
            case Encoding.INSTANT:
                return sql.json_value(self.dialect, sql.instant(self.dialect, made), sql.Shape.TOKEN)
            case Encoding.JSON:
                return sql.stored_json(self.dialect, made)

    def _money(self, read: MoneyValue, alias: str, nodes: Sequence[FieldNode]) -> str:
        currency, chosen = self.text(read.currency, alias), selected_fields(self, "Money", nodes)
        token = sql.Shape.TOKEN
        values = {
            "currency": sql.json_value(self.dialect, currency, token),
            "__typename": sql.json_name(self.dialect, "Money"),
        }
        # Only what stands in the text may bind a parameter: the engines refuse one that nothing names.
        is_needed = read.is_nullable or any(same[0].name.value == "amount" for same in chosen.values())
        micros = self.text(read.micros, alias) if is_needed else "NULL"
        values["amount"] = sql.json_value(self.dialect, sql.amount(self.dialect, micros, currency), token)
        made = sql.json_object(self.dialect, [(key, values[same[0].name.value]) for key, same in chosen.items()])
        return f"CASE WHEN {micros} IS NOT NULL THEN {made} END" if read.is_nullable else made

    def _to_one(self, read: ToOne, described: Described, alias: str, name: str, nodes: Sequence[FieldNode]) -> str:
        target = self.catalogue.types[self.catalogue.named_answer(described.name, name)]
        on = read.on.replace("{parent}", alias)
        return self._within(alias, lambda: self.one_row(target, lambda row: on.replace("{t}", row), nodes))

    def _to_many(self, read: ToMany, described: Described, alias: str, name: str, nodes: Sequence[FieldNode]) -> str:
        answer = self.catalogue.named_answer(described.name, name)
        if read.is_list:
            return self._short_list(self.catalogue.types[answer], read, alias, nodes)
        arguments = self.arguments(described.name, name, nodes[0])
        target = self.catalogue.types[row_type(self.catalogue, answer)]
        return self._within(
            alias, lambda: self.connection(target, read.on, alias, arguments, nodes, described.name, name)
        )

    def _within(self, parent: str, build: Callable[[], str]) -> str:
        """A relation of the row `parent`: part of its statement, or apart where that would be too deep."""
        outside = self._nested
        is_apart = self.dialect == "sqlite" and self.most_nested is not None and outside >= self.most_nested
        self._nested = 0 if is_apart else outside + 1
        made = build()
        self._nested = outside
        return sql.apart(made, parent, self._bind_text) if is_apart else sql.nested(self.dialect, made)

    def _bind_text(self, text: object) -> str:
        """A parameter that belongs to the statement's own text."""
        self.parameters.append(lambda _: text)
        return f"${ALWAYS + len(self.parameters)}"

    def _short_list(self, target: Described, read: ToMany, parent: str, nodes: Sequence[FieldNode]) -> str:
        return self._within(parent, lambda: self._rows_listed(target, read, parent, nodes))

    def _rows_listed(self, target: Described, read: ToMany, parent: str, nodes: Sequence[FieldNode]) -> str:
        assert target.reads is not None
        alias = self.new_alias()
        on = read.on.replace("{t}", alias).replace("{parent}", parent)
        ordering = ", ".join(f"{alias}.{key}" for key in target.reads.key)
        rows = (
            f"SELECT {self.row_object(target, alias, nodes)} AS node FROM {target.reads.table} {alias} "
            f"WHERE {on} AND {self.visible(target.reads, alias)} ORDER BY {ordering}"
        )
        return f"SELECT {sql.json_list(self.dialect, 'rows.node')} FROM ({rows}) rows"


def row_type(catalogue: Catalogue, connection_type: str) -> str:
    """The type of a connection's rows: that of its `nodes`."""
    return catalogue.named_answer(connection_type, "nodes")


def sight_of(actor: Actor) -> Sight:
    """What decides the text of an actor's statements."""
    return Sight(actor.role, actor.via)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value

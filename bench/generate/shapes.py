"""The graphs: which types they have, and which data sets of which width. Row counts are those of the real graphs, and
are scaled together so that the data sets fill the bytes that were asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Feature:
    """One column of node_data or edge_data.

    kind: "vector" (a list of float32, `width` wide), "double", "long" (random 64-bit ids), "year" (few distinct values,
    so a dictionary pays), "label" (`width` classes) or "mask".
    """

    name: str
    kind: str
    width: int = 1

    @property
    def bytes_per_row(self) -> float:
        """As stored, with snappy; what `--bytes` is divided by."""
        return {"vector": 4.0 * self.width, "double": 8.0, "long": 8.0, "year": 0.9, "label": 1.2, "mask": 0.14}[
            self.kind
        ]

    @property
    def collected(self) -> bool:
        """GSProcessing collects labels and masks on the leader and writes them with pyarrow."""
        return self.kind in ("label", "mask")


@dataclass(frozen=True)
class NodeType:
    name: str
    rows: int
    features: tuple[Feature, ...] = ()


@dataclass(frozen=True)
class EdgeType:
    src: str
    relation: str
    dst: str
    rows: int
    features: tuple[Feature, ...] = ()
    # A heterogeneous graph has the reverse edges as a type of their own, which shares labels and masks.
    reverse: bool = True

    @property
    def name(self) -> str:
        return f"{self.src}:{self.relation}:{self.dst}"


# Snappy finds a little in two columns of random ids.
EDGE_BYTES = 12.0


@dataclass(frozen=True)
class Graph:
    name: str
    nodes: tuple[NodeType, ...]
    edges: tuple[EdgeType, ...]
    task_type: str = "node_class"
    labelled: dict[str, str] = field(default_factory=dict)

    def estimated_bytes(self) -> float:
        nodes = sum(n.rows * sum(f.bytes_per_row for f in n.features) for n in self.nodes)
        edges = sum(
            e.rows * (EDGE_BYTES * (2 if e.reverse else 1) + sum(f.bytes_per_row for f in e.features))
            for e in self.edges
        )
        return nodes + edges

    def scaled_to(self, size: float) -> Graph:
        """The same graph with as many rows as fill about `size` bytes."""
        scale = size / self.estimated_bytes()
        return replace(
            self,
            nodes=tuple(replace(n, rows=max(8, round(n.rows * scale))) for n in self.nodes),
            edges=tuple(replace(e, rows=max(8, round(e.rows * scale))) for e in self.edges),
        )


MASKS = (Feature("train_mask", "mask"), Feature("val_mask", "mask"), Feature("test_mask", "mask"))

# ogbn-mag, its papers with a text embedding in place of averaged word vectors, as GraphStorm's own example has them.
MAG = Graph(
    "mag",
    nodes=(
        NodeType(
            "paper",
            736_389,
            (Feature("embedding", "vector", 768), Feature("year", "year"), Feature("venue", "label", 349), *MASKS),
        ),
        NodeType("author", 1_134_649, (Feature("h_index", "double"), Feature("since", "year"))),
        NodeType("institution", 8_740),
        NodeType("field_of_study", 59_965, (Feature("level", "year"),)),
    ),
    edges=(
        EdgeType("author", "writes", "paper", 7_145_660, (Feature("position", "year"),)),
        EdgeType("paper", "cites", "paper", 5_416_271),
        EdgeType("author", "affiliated_with", "institution", 1_043_998, (Feature("from", "year"),)),
        EdgeType("paper", "has_topic", "field_of_study", 7_505_078, (Feature("score", "double"),)),
    ),
    labelled={"paper": "venue"},
)

# ogbn-papers100M: one node type and one edge type, reverse edges inside it.
PAPERS100M = Graph(
    "papers100m",
    nodes=(
        NodeType(
            "paper",
            111_059_956,
            (Feature("feat", "vector", 128), Feature("year", "year"), Feature("subject", "label", 172), *MASKS),
        ),
    ),
    edges=(EdgeType("paper", "cites", "paper", 2 * 1_615_685_872, (Feature("weight", "double"),), reverse=False),),
    labelled={"paper": "subject"},
)

# MAG240M: the 768-wide embeddings of its papers are nine tenths of its bytes.
MAG240M = Graph(
    "mag240m",
    nodes=(
        NodeType(
            "paper",
            121_751_666,
            (Feature("embedding", "vector", 768), Feature("year", "year"), Feature("subject", "label", 153), *MASKS),
        ),
        NodeType("author", 122_383_112, (Feature("papers", "year"),)),
        NodeType("institution", 25_721),
    ),
    edges=(
        EdgeType("author", "writes", "paper", 386_022_720, (Feature("position", "year"),)),
        EdgeType("author", "affiliated_with", "institution", 44_592_586),
        EdgeType("paper", "cites", "paper", 1_297_748_926),
    ),
    labelled={"paper": "subject"},
)

# Users who rate items: the bytes are on the edges. Labels and masks are shared with the reverse type.
USER_ITEM = Graph(
    "user-item",
    nodes=(
        NodeType("user", 1_000_000, (Feature("profile", "vector", 64), Feature("joined", "year"))),
        NodeType("item", 200_000, (Feature("image", "vector", 128), Feature("price", "double"))),
    ),
    edges=(
        EdgeType(
            "user",
            "rated",
            "item",
            20_000_000,
            (
                Feature("review", "vector", 32),
                Feature("time", "long"),
                Feature("amount", "double"),
                Feature("rating", "label", 10),
                *MASKS,
            ),
        ),
    ),
    task_type="edge_class",
    labelled={"user:rated:item": "rating"},
)

GRAPHS = {graph.name: graph for graph in (MAG, PAPERS100M, MAG240M, USER_ITEM)}


def boundaries(kind: str) -> Graph:
    """One large data set and two small ones that agree with each other: with the most frequent layout as the target,
    every boundary of the large one moves and nothing else does. `kind` is "vectors" or "edges"."""
    small = (Feature("age", "year"), Feature("degree", "year"))
    if kind == "vectors":
        node = NodeType("node", 1_000_000, (Feature("embedding", "vector", 768), *small))
        return Graph("boundaries-vectors", (node,), (EdgeType("node", "links", "node", 1000, (), reverse=False),))
    edge = EdgeType("node", "links", "node", 1_000_000, small, reverse=False)
    return Graph("boundaries-edges", (NodeType("node", 1000),), (edge,))

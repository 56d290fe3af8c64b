package rowsum

import "slices"

// Part is what a pass comes to on some of the rows.
type Part struct {
	// Sum has Pass.Size numbers.
	Sum []float64
	// Extreme are lists of rows with the least keys, ascending; empty where the pass
	// keeps none.
	Extreme [][]Row
}

// Row is one that is extreme in something: of least Key, and among equals of least Index.
type Row struct {
	Index int
	Key   float64
}

func (r Row) before(o Row) bool {
	return r.Key < o.Key || r.Key == o.Key && r.Index < o.Index
}

// add adds q, a part of later rows, to p; keep is how long the lists may become.
func (p *Part) add(q *Part, keep int) {
	for i, v := range q.Sum {
		p.Sum[i] += v
	}
	for k, rows := range q.Extreme {
		p.Extreme[k] = merge(p.Extreme[k], rows, keep)
	}
}

// merge is the first keep rows of both.
func merge(a, b []Row, keep int) []Row {
	if len(b) == 0 {
		return a
	}
	if len(a) == keep && !b[0].before(a[keep-1]) {
		return a
	}
	all := append(slices.Clone(a), b...)
	slices.SortFunc(all, func(r, o Row) int {
		if r.before(o) {
			return -1
		}
		return 1
	})
	return all[:min(keep, len(all))]
}

// tree adds parts that come in the order of their rows: two neighbours of 2^k blocks
// each, the first of them beginning at a multiple of 2^(k+1), become one.
type tree struct {
	keep  int
	nodes []node // of falling sizes
	free  func(*Part)
}

type node struct {
	blocks int
	part   *Part
}

// push adds the part of the next blocks.
func (t *tree) push(blocks int, p *Part) {
	for k := len(t.nodes) - 1; k >= 0 && t.nodes[k].blocks == blocks; k-- {
		t.nodes[k].part.add(p, t.keep)
		t.free(p)
		blocks, p = 2*blocks, t.nodes[k].part
		t.nodes = t.nodes[:k]
	}
	t.nodes = append(t.nodes, node{blocks, p})
}

// total is the sum of all that was pushed, the last nodes first; nil if nothing was.
func (t *tree) total() *Part {
	for k := len(t.nodes) - 1; k > 0; k-- {
		t.nodes[k-1].part.add(t.nodes[k].part, t.keep)
		t.free(t.nodes[k].part)
		t.nodes = t.nodes[:k]
	}
	if len(t.nodes) == 0 {
		return nil
	}
	return t.nodes[0].part
}

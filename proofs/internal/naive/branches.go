package naive

import "math/big"

// Branch is a node of a tree of section global branches: of a row, or a leaf.
type Branch struct {
	Row  int
	Leaf *Rowwise
	Add  [][2]*big.Rat // of a leaf, a and b for every row of its path
}

// Known is a row whose sign is known, 1 or -1, and A |t| - B t^2, which is added.
type Known struct {
	Sign int
	A, B *big.Rat
}

func (c *Certificate) parseRowwise(l *naiveLines, sign string) Rowwise {
	mu := l.numbers(l.exactly("parabolas"+sign, 2))
	slope := l.numbers(l.exactly("slope"+sign, c.evidenceRows()))
	curvature := l.numbers(l.exactly("curvature"+sign, c.evidenceRows()))
	return Rowwise{MuTau: mu, Slope: slope, Curvature: curvature, Transfers: l.transfers(sign, c.evidenceRows())}
}

func (c *Certificate) parseBranches(l *naiveLines, sign string) (tree []Branch) {
	rows := c.evidenceRows()
	for count := l.integer(l.exactly("tree"+sign, 1)[0], 1, 2147483647); count > 0 && !l.bad; count-- {
		if l.peek("r") {
			tree = append(tree, Branch{Row: l.integer(l.exactly("r", 1)[0], 0, rows-1)})
			continue
		}
		l.exactly(".", 0)
		if l.bad {
			return nil
		}
		e := c.parseRowwise(l, sign)
		leaf := Branch{Leaf: &e}
		if l.peek("signs" + sign) {
			f := l.line("signs"+sign, 1)
			if n := l.integer(f[0], 1, rows); l.bad || len(f) != 1+2*n {
				l.fail()
				return nil
			}
			for k := 1; k < len(f); k += 2 {
				leaf.Add = append(leaf.Add, [2]*big.Rat{l.number(f[k]), l.number(f[k+1])})
			}
		}
		tree = append(tree, leaf)
	}
	return tree
}

// BranchesHold decides that both trees are whole and that their leaves hold.
func (c *Certificate) BranchesHold() Answer {
	worst := Holds
	for side, tree := range c.Global.Branches {
		answer, after := c.branchHolds(side, tree, nil, nil)
		if worst = max(worst, answer); worst == Fails || len(after) > 0 {
			return Fails
		}
	}
	return worst
}

// branchHolds decides the first subtree, below branchings at the rows with the signs, and
// returns what comes behind it.
func (c *Certificate) branchHolds(side int, tree []Branch, rows, signs []int) (worst Answer, after []Branch) {
	if len(tree) == 0 {
		return Fails, nil
	}
	top := tree[0]
	if top.Leaf != nil {
		if len(top.Add) != len(rows) {
			return Fails, nil
		}
		e := *top.Leaf
		e.Known = map[int]Known{}
		for k, i := range rows {
			e.Known[i] = Known{signs[k], top.Add[k][0], top.Add[k][1]}
		}
		return c.rowwiseHolds(side, e), tree[1:]
	}
	for _, i := range rows {
		if i == top.Row {
			return Fails, nil
		}
	}
	if len(rows) == 64 {
		return Fails, nil
	}
	below := append(append([]int{}, rows...), top.Row)
	first, rest := c.branchHolds(side, tree[1:], below, append(append([]int{}, signs...), 1))
	if first == Fails {
		return Fails, nil
	}
	second, rest := c.branchHolds(side, rest, below, append(append([]int{}, signs...), -1))
	return max(first, second), rest
}

// knownFit: A |t| - B t^2 is not negative up to the norm of the row, and max(t, 0) is t or 0.
func (c *Certificate) knownFit(e Rowwise) Answer {
	worst := Holds
	for i, k := range e.Known {
		height := RatDot(c.X[i], c.X[i])
		wide, slim := RatMul(RatMul(k.B, k.B), height), RatMul(k.A, k.A)
		straight := e.Slope[i].Cmp(RatInt((1+k.Sign)/2)) == 0 && e.Curvature[i].Sign() == 0
		switch {
		case !straight || k.A.Sign() < 0 || k.B.Sign() < 0 || wide.Cmp(slim) > 0:
			return Fails
		case k.B.Sign() > 0 && RatMul(wide, ratDecimal("1.000000002")).Cmp(slim) > 0:
			worst = Room
		}
	}
	return worst
}

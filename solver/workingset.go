package solver

import (
	"slices"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/sphere"
)

// addViolated adds violated blocks to the working set, the most violated first: at
// first those whose best neurons differ, then neighbours of these as long as
// there is room, since at an optimum a neuron often lies where many cells meet.
func (g *everywhere) addViolated() int {
	room := max(32, len(g.s.work)/2)
	if g.centred.hard {
		room = max(room, hardRoom)
	}
	in := make(map[int]bool, len(g.s.work))
	for _, j := range g.s.work {
		in[j] = true
	}
	var violated []int
	for _, j := range sphere.Descending(g.s.pricer.Value) {
		if g.s.pricer.Value[j] <= g.s.lambda*(1+1e-12) {
			break
		}
		if !in[j] {
			violated = append(violated, j)
		}
	}
	added := violated
	if !g.s.traitsOf[g.s.choose(len(g.s.work))].FirstOrder {
		added = g.s.spread(violated, room, direction.Candidate)
		near := violated
		if g.s.traits().Centreless {
			near = g.s.spread(violated, room, g.resolved())
		}
		for _, j := range near {
			if len(added) == room {
				break
			}
			if !slices.Contains(added, j) {
				added = append(added, j)
			}
		}
	}
	g.s.work = append(g.s.work, added...)
	slices.Sort(g.s.work)
	return len(added)
}

// dropSmall drops the blocks of the last solve with the smallest norms, together
// at most three tenths of the gap in the objective, as far as they are not violated.
// Many cells meet where a neuron lies, and most of their blocks are close to
// idle; those that are needed come back.
func (g *everywhere) dropSmall(gap float64) {
	room := 0.3 * gap * g.s.best.Objective
	dropped := make(map[int]bool)
	order := sphere.Descending(g.cost)
	for k := len(order) - 1; k >= 0; k-- {
		j := g.solved[order[k]]
		if room -= g.s.p.Beta * g.cost[order[k]]; room < 0 {
			break
		}
		dropped[j] = g.s.pricer.Value[j] <= g.s.lambda
	}
	g.s.work = slices.DeleteFunc(g.s.work, func(j int) bool { return dropped[j] })
}

// idleCost is what an idle block costs at most, of the objective. Measured on grade 3 of synthetic1 at 0.03 beta_max
// with 8 neurons a grade, rank 9: with 1e-7 and twins as near as direction.Solved the working set came to 150 to 200 blocks
// for 40 neurons, each solve to 5e10 operations, and 1.1e12 did not do; as it is it has 40 to 70, and the grade is
// proved after 6.3e11.
const idleCost = 1e-5

// dropIdle drops the blocks that were nearly idle in the last solve and are not violated. Of a program solved
// that well they are worth nothing.
func (g *everywhere) dropIdle() {
	dropped := make(map[int]bool)
	for k, j := range g.solved {
		dropped[j] = g.s.p.Beta*g.cost[k] <= idleCost*g.s.best.Objective && g.s.pricer.Value[j] <= g.s.lambda
	}
	g.s.work = slices.DeleteFunc(g.s.work, func(j int) bool { return dropped[j] })
}

// sharedDirection is from which cosine on blocks of the last solve are of one neuron.
func (g *everywhere) sharedDirection() float64 {
	switch {
	case g.centred.hard:
		return direction.Shared
	case g.s.traits().Centreless:
		return g.resolved()
	}
	return direction.Solved
}

// dropTwins leaves of the blocks of the last solve that share a direction and a
// sign two, the largest and the one whose pattern differs most from it, and those
// that are violated. Where a neuron lies on k walls, 2^k cells meet, and an
// interior point is in all of them; two at opposite corners say as much of nu.
func (g *everywhere) dropTwins() {
	dropped := make(map[int]bool)
	done := make([]bool, len(g.solved))
	for _, k := range sphere.Descending(g.cost) {
		if done[k] || g.cost[k] == 0 {
			continue
		}
		twins := g.twins(k, done)
		far := g.farthest(k, twins)
		for _, i := range twins {
			j := g.solved[i]
			dropped[j] = i != far && g.s.pricer.Value[j] <= g.s.lambda
		}
	}
	g.s.work = slices.DeleteFunc(g.s.work, func(j int) bool { return dropped[j] })
}

// twins lists the blocks of the last solve, not done yet, with the sign and the
// direction of block k, and marks them and k as done.
func (g *everywhere) twins(k int, done []bool) []int {
	var twins []int
	cosine := g.sharedDirection()
	done[k] = true
	for i, cost := range g.cost {
		if !done[i] && cost > 0 && g.solvedDirection(i).Near(g.solvedDirection(k), cosine) {
			done[i] = true
			twins = append(twins, i)
		}
	}
	return twins
}

// farthest is the one of the given blocks whose pattern differs from that of
// block k at most rows, -1 if there are none.
func (g *everywhere) farthest(k int, blocks []int) int {
	far, most := -1, -1
	p := g.s.p.Cells[g.solvedBlock(k).Cell].Pattern
	for _, i := range blocks {
		if rows := p.Distance(g.s.p.Cells[g.solvedBlock(i).Cell].Pattern); rows > most {
			far, most = i, rows
		}
	}
	return far
}

// solvedBlock is block k of the last solve.
func (g *everywhere) solvedBlock(k int) operator.Block { return g.s.pricer.Blocks[g.solved[k]] }

// solvedDirection is that of block k of the last solve, which is not 0.
func (g *everywhere) solvedDirection(k int) direction.Signed {
	return direction.Signed{W: operator.RowOf(g.at, k), Norm: g.cost[k], Sign: g.solvedBlock(k).Sign}
}

// stalled says that the last solve over the working set did not reach the gap
// asked for: a block that was in it is violated by much more.
func (g *everywhere) stalled() bool {
	if g.s.last == nil || g.s.last.Traits().FirstOrder {
		return false
	}
	for _, j := range g.solved {
		if j < len(g.s.pricer.Value) && g.s.pricer.Value[j] > g.s.lambda*(1+20*g.accuracy) {
			return true
		}
	}
	return false
}

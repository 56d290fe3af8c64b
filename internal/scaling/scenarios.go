package scaling

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// What is taken for granted and was not measured.
const (
	bandwidth = 1.25e9 // bytes/s of a link: 10 Gbit/s
	disk      = 5e8    // bytes/s at which a worker reads its rows
	price     = 0.04   // of a core for an hour, in any currency
	// One task in a hundred takes three times as long as the same task elsewhere.
	stragglers, slowness = 0.01, 3
)

// Supposed is the cluster that is supposed: a worker is a core.
func Supposed() *Cluster { return &Cluster{Bandwidth: bandwidth, Price: price} }

// Assumptions says what was supposed and not measured.
func Assumptions() string {
	return fmt.Sprintf("links of %.3g Gbit/s, rows read at %.3g MB/s by each worker, %.3g %% of the tasks %.3g times as slow as measured, %.3g for a core and an hour",
		bandwidth*8/1e9, disk/1e6, float64(stragglers*100), float64(slowness), float64(price))
}

// drawn are n tasks whose costs are drawn from those of samples, some of them straggling.
func drawn(n int, samples []float64, rng *rand.Rand) []float64 {
	tasks := make([]float64, n)
	for i := range tasks {
		tasks[i] = samples[rng.IntN(len(samples))]
		if rng.Float64() < stragglers {
			tasks[i] *= slowness
		}
	}
	return tasks
}

// SweepOf is n fits as shards of a sweep.
func (m *Measured) SweepOf(n int) *Job {
	return &Job{Name: fmt.Sprintf("%.0e fits", float64(n)), Rounds: []Round{{Times: 1, Tasks: drawn(n, m.Fits, rand.New(rand.NewPCG(1, 1))), Result: m.FitBytes, Serial: m.FitMerge * float64(n)}},
		Note: fmt.Sprintf("fits of 442 x 10 numbers by %.2g s each, %.3g KB of result, %.2g ms of the merge for each", mean(m.Fits), m.FitBytes/1e3, m.FitMerge*1e3)}
}

// RowSolve is a grade of n rows in shards, of as many columns and gates as were measured.
func (m *Measured) RowSolve(n, shards int) *Job {
	r := &m.Rows
	rows := float64(n) / float64(shards)
	one := rows*r.PerRow + rows*float64(r.Columns+1)*8/disk
	return &Job{Name: fmt.Sprintf("%.0e rows of %d", float64(n), r.Columns),
		Rounds: []Round{{Times: r.Passes, Tasks: drawn(shards, []float64{one}, rand.New(rand.NewPCG(1, 2))), Broadcast: float64(2*r.Gates*r.Columns) * 8,
			Sum: float64(r.Gram*r.Gram) * 8, Serial: r.Serial}},
		Note: fmt.Sprintf("%d passes, each over %d shards of %.3g rows by %.2g s, sums of %.3g MB, %.2g s of the coordinator between passes", r.Passes, shards, rows, one, float64(r.Gram*r.Gram)*8/1e6, r.Serial)}
}

// ProofOf is a proof of so many leaves in rounds of shards with a budget of leaves each.
func (m *Measured) ProofOf(leaves float64, shards int, budget float64) *Job {
	p := &m.Proof
	perNode := sum(p.Shards) / sum(p.Nodes)
	rng := rand.New(rand.NewPCG(1, 3))
	// A shard grows as much of its budget as one of those measured did.
	most := 0.0
	for _, n := range p.Nodes {
		most = max(most, n)
	}
	var shares []float64
	for _, n := range p.Nodes {
		shares = append(shares, n/most)
	}
	perRound := 2 * budget * mean(shares) * float64(shards)
	rounds := int(math.Ceil(2 * leaves / perRound))
	nodes := 2 * leaves / float64(rounds) / float64(shards) / mean(shares) // of a shard that uses its budget
	j := &Job{Name: fmt.Sprintf("a proof of %.0e leaves", leaves)}
	for k := range rounds {
		var samples []float64
		for _, s := range shares {
			samples = append(samples, p.Start+nodes*s*perNode)
		}
		before, soFar := 2*leaves*float64(k)/float64(rounds), 2*leaves*float64(k+1)/float64(rounds)
		r := Round{Times: 1, Tasks: drawn(shards, samples, rng), Broadcast: p.Bytes * before, Result: nodes * mean(shares) * p.Bytes, Serial: p.Merge * soFar}
		if k == rounds-1 {
			r.Serial += p.Check * soFar
		}
		j.Rounds = append(j.Rounds, r)
	}
	j.Note = fmt.Sprintf("%d rounds of %d shards, %.2g us for a node in a shard, %.2g us in a merge and %.2g us in the checker, %.3g GB of trees",
		rounds, shards, perNode*1e6, p.Merge*1e6, p.Check*1e6, 2*leaves*p.Bytes/1e9)
	return j
}

// Jobs are those that the documentation foretells.
func (m *Measured) Jobs() []*Job {
	return []*Job{m.RowSolve(1e9, 10_000), m.SweepOf(1_000_000), m.ProofOf(1e10, 8192, 500_000)}
}

// Doubling are the numbers of workers 1, 2, 4, ... up to most.
func Doubling(most int) []int {
	var all []int
	for w := 1; w <= most; w *= 2 {
		all = append(all, w)
	}
	return all
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

func mean(v []float64) float64 { return sum(v) / float64(len(v)) }

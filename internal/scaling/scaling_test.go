package scaling

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// made draws a cluster and a job.
func made(t *rapid.T) (*Cluster, *Job) {
	cost := rapid.Float64Range(0.001, 100)
	j := &Job{Name: "made up"}
	for range rapid.IntRange(1, 3).Draw(t, "rounds") {
		j.Rounds = append(j.Rounds, Round{Times: rapid.IntRange(1, 3).Draw(t, "times"), Tasks: rapid.SliceOfN(cost, 1, 60).Draw(t, "tasks"),
			Broadcast: cost.Draw(t, "broadcast"), Sum: cost.Draw(t, "sum"), Result: cost.Draw(t, "result"), Serial: cost.Draw(t, "serial")})
	}
	return &Cluster{Bandwidth: cost.Draw(t, "bandwidth"), Price: cost.Draw(t, "price")}, j
}

var numbers = []int{1, 2, 3, 5, 8, 10, 16, 64, 100}

// More workers are never slower; one takes the sum of its tasks and the coordinator's part; any
// take at least their share of the sum, the longest task, and the coordinator's part.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, j := made(t)
		runs := j.Runs(c, numbers)
		sum, rest, longest := 0.0, 0.0, 0.0
		for _, r := range j.Rounds {
			n := float64(r.Times)
			for _, s := range r.Tasks {
				sum += n * s
			}
			longest += n * slices.Max(r.Tasks)
			rest += n * (r.Serial + float64(len(r.Tasks))*r.Result/c.Bandwidth)
		}
		if got := runs[0].Seconds(); math.Abs(got-sum-rest) > 1e-9*got {
			t.Fatalf("one worker takes %v, want the sum %v and %v", got, sum, rest)
		}
		for k, r := range runs {
			least := rest + max(sum/float64(r.Workers), longest)
			if r.Workers != numbers[k] || r.Used > r.Workers || r.Seconds() < least*(1-1e-9) {
				t.Fatalf("%d workers take %v, and cannot take less than %v", r.Workers, r.Seconds(), least)
			}
			if k > 0 && r.Seconds() > runs[k-1].Seconds() {
				t.Fatalf("%d workers take %v, %d take %v", r.Workers, r.Seconds(), numbers[k-1], runs[k-1].Seconds())
			}
			if math.Abs(r.Cost(c)-float64(r.Used)*r.Seconds()*c.Price/3600) > 1e-9*r.Cost(c) {
				t.Fatalf("cost %v", r.Cost(c))
			}
		}
	})
}

// Of the tasks alone more workers are never slower, even where all of them are used.
func TestMakespan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tasks := rapid.SliceOfN(rapid.Float64Range(0.01, 10), 1, 80).Draw(t, "tasks")
		before := math.Inf(1)
		for w := 1; w <= 90; w++ {
			now := makespan(tasks, w)
			if now > before*(1+1e-12) {
				t.Fatalf("%d workers: %v, one less: %v", w, now, before)
			}
			before = now
		}
		if before != slices.Max(tasks) {
			t.Fatalf("a worker for each: %v, want the longest, %v", before, slices.Max(tasks))
		}
	})
	// 3 | 2 2 | 1 1: the second worker is free at 2, the first at 3
	if got := makespan([]float64{3, 2, 2, 1, 1}, 2); got != 5 {
		t.Errorf("makespan %v, want 5", got)
	}
}

// The end is where it is by hand, for its reason.
func TestEnd(t *testing.T) {
	even := func(n int) []float64 { return slices.Repeat([]float64{1}, n) }
	c := &Cluster{Bandwidth: 1}
	for _, q := range []struct {
		job  Job
		want End
	}{
		{Job{Rounds: []Round{{Times: 1, Tasks: even(1024)}}}, End{1024, "tasks that take longer than a worker's share"}},
		// 1024/w + 100: from 8 (228) to 16 (164) saves 28 %, from 16 to 32 (132) 19.5 %
		{Job{Rounds: []Round{{Times: 1, Tasks: even(1024), Serial: 100}}}, End{16, "the coordinator's own work"}},
		{Job{Rounds: []Round{{Times: 2, Tasks: even(1024), Result: 100. / 1024}}}, End{16, "collecting results"}},
		// 1024/w + 20 log2 w: from 16 (144) to 32 (132) saves 8 %, from 8 (188) to 16 23 %
		{Job{Rounds: []Round{{Times: 1, Tasks: even(1024), Sum: 20}}}, End{16, "adding up the workers' sums"}},
		{Job{Rounds: []Round{{Times: 1, Tasks: even(1024), Broadcast: 20}}}, End{16, "sending every worker the same"}},
		{Job{Rounds: []Round{{Times: 1, Tasks: append([]float64{512}, even(512)...)}}}, End{2, "tasks that take longer than a worker's share"}},
		{Job{Rounds: []Round{{Times: 1, Tasks: even(1 << 16)}}}, End{}},
	} {
		if got := q.job.End(c, q.job.Runs(c, Doubling(4096))); got != q.want {
			t.Errorf("%+v, want %+v", got, q.want)
		}
	}
}

// The costs are of measurements, and the jobs made of them do the work that they are called by.
func TestJobs(t *testing.T) {
	m, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	p, r := &m.Proof, &m.Rows
	positive := append([]float64{m.FitBytes, m.FitMerge, p.Start, p.Bytes, p.Merge, p.Check, r.PerRow, r.Serial, float64(r.Passes * r.Rows * r.Columns * r.Gates * r.Gram)}, m.Fits...)
	for _, v := range append(append(positive, p.Shards...), p.Nodes...) {
		if !(v > 0) {
			t.Fatalf("%+v: costs that are not positive", m)
		}
	}
	c := Supposed()
	ideal := []float64{1e9 * float64(r.Passes) * (r.PerRow + float64(r.Columns+1)*8/disk), 1e6 * mean(m.Fits), 2e10 * sum(p.Shards) / sum(p.Nodes)}
	for k, j := range m.Jobs() {
		runs := j.Runs(c, []int{1, 10})
		// stragglers add two times a hundredth, starts of processes little
		if got := runs[0].Tasks / ideal[k]; got < 1 || got > 1.05 {
			t.Errorf("%s: %v times the measured costs", j.Name, got)
		}
	}
}

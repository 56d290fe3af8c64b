package scaling

import "math"

// A Cluster is what a job runs on, apart from the number of workers.
type Cluster struct {
	Bandwidth float64 // of a link, bytes/s
	Price     float64 // of a worker for an hour
}

// A Job is some rounds, one after another.
type Job struct {
	Name   string
	Rounds []Round
	Note   string // what it is made of
}

// A Round is done Times times.
type Round struct {
	Times     int
	Tasks     []float64 // seconds of each, > 0
	Broadcast float64   // bytes that every worker is sent
	Sum       float64   // bytes of the sums of a worker
	Result    float64   // bytes of the result of a task, which are collected
	Serial    float64   // seconds of the coordinator
}

// Parts are the seconds of a job by what they are spent on.
type Parts struct {
	Broadcast, Tasks, Sum, Collect, Serial float64
}

// Total is their sum.
func (p Parts) Total() float64 { return p.Broadcast + p.Tasks + p.Sum + p.Collect + p.Serial }

// largestBut is the largest part but the tasks, as a sentence has it.
func (p Parts) largestBut() (string, float64) {
	name, most := "the coordinator's own work", p.Serial
	for _, o := range []struct {
		name    string
		seconds float64
	}{{"sending every worker the same", p.Broadcast}, {"adding up the workers' sums", p.Sum}, {"collecting results", p.Collect}} {
		if o.seconds > most {
			name, most = o.name, o.seconds
		}
	}
	return name, most
}

// exactly are the parts with w workers, all of which are used.
func (j *Job) exactly(c *Cluster, w int) Parts {
	var p Parts
	hops := math.Ceil(math.Log2(float64(w)))
	for i := range j.Rounds {
		r := &j.Rounds[i]
		n := float64(r.Times)
		p.Broadcast += n * hops * r.Broadcast / c.Bandwidth
		p.Tasks += n * makespan(r.Tasks, w)
		p.Sum += n * hops * r.Sum / c.Bandwidth
		p.Collect += n * float64(len(r.Tasks)) * r.Result / c.Bandwidth
		p.Serial += n * r.Serial
	}
	return p
}

// Run is what a job comes to.
type Run struct {
	Workers int // there are
	Used    int // of them
	Parts
}

// Seconds is how long it takes.
func (r *Run) Seconds() float64 { return r.Total() }

// Cost is what the workers that are used cost.
func (r *Run) Cost(c *Cluster) float64 { return float64(r.Used) * r.Seconds() / 3600 * c.Price }

// Runs foretells a job on each of the numbers of workers, which ascend from 1. Of w workers as
// many are used as of the numbers up to w serve best.
func (j *Job) Runs(c *Cluster, workers []int) []Run {
	var all []Run
	best := Run{}
	for k, w := range workers {
		if p := j.exactly(c, w); k == 0 || p.Total() < best.Total() {
			best = Run{Used: w, Parts: p}
		}
		best.Workers = w
		all = append(all, best)
	}
	return all
}

// End says where more workers stop helping, and why.
type End struct {
	Workers int    // at the first of the numbers from which twice as many save less than Saves of the time
	Why     string // "" if it is not reached
}

// Saves is the share of the time that twice as many workers must save to be said to help. Half
// of it is what they can save at best.
const Saves = 0.2

// End finds the end among runs whose workers double.
func (j *Job) End(c *Cluster, runs []Run) End {
	for k := 0; k+1 < len(runs); k++ {
		a, b := &runs[k], &runs[k+1]
		if a.Seconds()-b.Seconds() >= Saves*a.Seconds() {
			continue
		}
		p := j.exactly(c, b.Workers)
		why, seconds := p.largestBut()
		if p.Tasks-j.taskSum()/float64(b.Workers) > seconds {
			why = "tasks that take longer than a worker's share"
		}
		return End{a.Workers, why}
	}
	return End{}
}

// taskSum is the seconds of all tasks.
func (j *Job) taskSum() float64 {
	sum := 0.0
	for i := range j.Rounds {
		sum += float64(j.Rounds[i].Times) * makespan(j.Rounds[i].Tasks, 1)
	}
	return sum
}

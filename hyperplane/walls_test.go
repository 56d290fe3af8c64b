package hyperplane

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Two cells are neighbours when their patterns differ in the rows of one hyperplane.
func TestWallsAndNeighboursEqualThePatternGraph(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for trial := range 63 {
		n, d := 2+rng.IntN(8), 1+rng.IntN(4)
		if trial%9 == 8 || trial%9 == 6 {
			continue // too thin for gates
		}
		x := degenerateRows(rng, trial, n, d)
		a, err := NewArrangement(x)
		if err != nil {
			t.Fatal(err)
		}
		cells := newPatternSet(0)
		for _, c := range enumerate(t, x) {
			cells.add(c.Pattern)
		}
		members := a.members()
		for _, p := range cells.list {
			var walls []int
			var across []Pattern
			for _, rows := range members {
				words := append([]uint64(nil), p.words...)
				for _, i := range rows {
					words[i/64] ^= 1 << (i % 64)
				}
				if q := (Pattern{n, words}); cells.find(q) >= 0 {
					walls = append(walls, rows...)
					across = append(across, q)
				}
			}
			slices.Sort(walls)
			got, err := a.Walls(p)
			if err != nil || !slices.Equal(got, walls) {
				t.Fatalf("trial %d, %v: walls %v, %v, want %v", trial, p, got, err, walls)
			}
			if g, err := a.Witness(p); err != nil || !newRows(x).inside(p, g) {
				t.Fatalf("trial %d, %v: witness %v, %v", trial, p, g, err)
			}
			neighbours, err := a.Neighbours(p)
			if err != nil || len(neighbours) != len(across) {
				t.Fatalf("trial %d, %v: %d neighbours, %v, want %d", trial, p, len(neighbours), err, len(across))
			}
			for k, c := range neighbours {
				if !c.Pattern.Equal(across[k]) || !newRows(x).inside(c.Pattern, c.Gate) {
					t.Fatalf("trial %d, %v: neighbour %v, want %v", trial, p, c.Pattern, across[k])
				}
			}
		}
	}
}

func TestWallsRefusesWhatIsNoCell(t *testing.T) {
	x := degenerateRows(rand.New(rand.NewPCG(1, 1)), 4, 6, 3) // one-hot rows with signs
	a, err := NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	cells := bruteForce(x)
	for bits := range uint64(64) {
		p := NewPattern(6, []uint64{bits})
		if _, err := a.Walls(p); (err == nil) != cells[p.String()] {
			t.Errorf("%v: error %v, is a cell: %v", p, err, cells[p.String()])
		} else if _, wrong := a.Witness(p); (err == nil) != (wrong == nil) {
			t.Errorf("%v: walls %v but witness %v", p, err, wrong)
		} else if err != nil {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nothing to refuse")
	}
}

func BenchmarkWalls(b *testing.B) {
	x := gaussian(rand.New(rand.NewPCG(1, 2)), 200, 4)
	a, _ := NewArrangement(x)
	p := PatternOf(x, []float64{1, 2, 3, 4})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Walls(p); err != nil {
			b.Fatal(err)
		}
	}
}

package export

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A decoder and evaluator of ONNX models written from the standard's message
// definitions alone; it knows nothing of package onnx.

// fields are the fields of a protobuf message by number, in order: uint64 for a
// varint, []byte for what has a length.
type fields map[int][]any

func decode(b []byte) (fields, error) {
	f := fields{}
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, fmt.Errorf("a key is cut off")
		}
		b = b[n:]
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, fmt.Errorf("field %d is cut off", key>>3)
		}
		b = b[n:]
		switch key & 7 {
		case 0:
			f[int(key>>3)] = append(f[int(key>>3)], v)
		case 2:
			if uint64(len(b)) < v {
				return nil, fmt.Errorf("field %d has %d bytes, %d are left", key>>3, v, len(b))
			}
			f[int(key>>3)] = append(f[int(key>>3)], b[:v:v])
			b = b[v:]
		default:
			return nil, fmt.Errorf("field %d of wire type %d", key>>3, key&7)
		}
	}
	return f, nil
}

func (f fields) text(k int) string {
	if len(f[k]) == 0 {
		return ""
	}
	return string(f[k][0].([]byte))
}

func (f fields) texts(k int) []string {
	var s []string
	for _, v := range f[k] {
		s = append(s, string(v.([]byte)))
	}
	return s
}

func (f fields) integer(k int) int { return int(f[k][0].(uint64)) }

// messages decodes the messages of a field.
func (f fields) messages(k int) []fields {
	var all []fields
	for _, v := range f[k] {
		m, err := decode(v.([]byte))
		if err != nil {
			panic(err)
		}
		all = append(all, m)
	}
	return all
}

// tensor is a constant as a matrix, a vector as a row.
func tensor(f fields) (*mat.Dense, error) {
	rows, cols := 1, 1
	switch dims := f[1]; len(dims) {
	case 1:
		cols = int(dims[0].(uint64))
	case 2:
		rows, cols = int(dims[0].(uint64)), int(dims[1].(uint64))
	default:
		return nil, fmt.Errorf("%s has %d dimensions", f.text(8), len(dims))
	}
	raw := f[9][0].([]byte)
	out := mat.NewDense(rows, cols, nil)
	kind := f.integer(2)
	size := map[int]int{1: 4, 7: 8, 11: 8}[kind]
	if size*rows*cols != len(raw) {
		return nil, fmt.Errorf("%s: %d x %d entries of %d bytes in %d bytes", f.text(8), rows, cols, size, len(raw))
	}
	out.Apply(func(i, j int, _ float64) float64 {
		at := raw[size*(i*cols+j):]
		if size == 4 {
			return float64(math.Float32frombits(binary.LittleEndian.Uint32(at)))
		}
		if kind == 7 {
			return float64(int64(binary.LittleEndian.Uint64(at)))
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(at))
	}, out)
	return out, nil
}

// broadcast applies f to entries of a and b, rows of one repeated.
func broadcast(a, b *mat.Dense, f func(x, y float64) float64) *mat.Dense {
	n, c := a.Dims()
	bn, bc := b.Dims()
	an := n
	n, cols := max(n, bn), max(c, bc)
	out := mat.NewDense(n, cols, nil)
	out.Apply(func(i, j int, _ float64) float64 {
		return f(a.At(min(i, an-1), min(j, c-1)), b.At(min(i, bn-1), min(j, bc-1)))
	}, out)
	return out
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// apply evaluates one node.
func apply(op string, in []*mat.Dense, attribute map[string]int) (*mat.Dense, error) {
	switch op {
	case "Add":
		return broadcast(in[0], in[1], func(x, y float64) float64 { return x + y }), nil
	case "Sub":
		return broadcast(in[0], in[1], func(x, y float64) float64 { return x - y }), nil
	case "Mul":
		return broadcast(in[0], in[1], func(x, y float64) float64 { return x * y }), nil
	case "Div":
		return broadcast(in[0], in[1], func(x, y float64) float64 { return x / y }), nil
	case "Neg":
		return broadcast(in[0], mat.NewDense(1, 1, nil), func(x, _ float64) float64 { return -x }), nil
	case "Greater":
		return broadcast(in[0], in[1], func(x, y float64) float64 { return bit(x > y) }), nil
	case "Equal":
		return broadcast(in[0], in[1], func(x, y float64) float64 { return bit(x == y) }), nil
	case "IsNaN":
		return broadcast(in[0], mat.NewDense(1, 1, nil), func(x, _ float64) float64 { return bit(x != x) }), nil
	case "Cast":
		if to := attribute["to"]; to != 1 && to != 11 {
			return nil, fmt.Errorf("Cast to %d", to)
		}
		return in[0], nil
	case "Sigmoid":
		return broadcast(in[0], mat.NewDense(1, 1, nil), func(x, _ float64) float64 { return 1 / (1 + math.Exp(-x)) }), nil
	case "Exp":
		return broadcast(in[0], mat.NewDense(1, 1, nil), func(x, _ float64) float64 { return math.Exp(x) }), nil
	case "Log":
		return broadcast(in[0], mat.NewDense(1, 1, nil), func(x, _ float64) float64 { return math.Log(x) }), nil
	case "Softmax":
		if attribute["axis"] != 1 {
			return nil, fmt.Errorf("Softmax along axis %d", attribute["axis"])
		}
		out := mat.DenseCopyOf(in[0])
		for i := range out.RawMatrix().Rows {
			row := out.RawRowView(i)
			floats.AddConst(-floats.LogSumExp(row), row)
			for j, v := range row {
				row[j] = math.Exp(v)
			}
		}
		return out, nil
	case "ArgMax": // a vector, which is a row
		if attribute["axis"] != 1 || attribute["keepdims"] != 0 {
			return nil, fmt.Errorf("ArgMax with %v", attribute)
		}
		n, _ := in[0].Dims()
		out := mat.NewDense(1, n, nil)
		for i := range n {
			out.Set(0, i, float64(floats.MaxIdx(in[0].RawRowView(i))))
		}
		return out, nil
	case "TopK":
		n, c := in[0].Dims()
		if attribute["axis"] != 1 || attribute["largest"] != 0 || attribute["sorted"] != 1 || in[1].At(0, 0) != float64(c) {
			return nil, fmt.Errorf("TopK of %v columns with %v", in[1].At(0, 0), attribute)
		}
		out := mat.DenseCopyOf(in[0])
		for i := range n {
			slices.Sort(out.RawRowView(i))
		}
		return out, nil
	case "Gather":
		out := mat.DenseCopyOf(in[1])
		out.Apply(func(_, _ int, at float64) float64 { return in[0].At(0, int(at)) }, out)
		return out, nil
	case "Relu":
		return broadcast(in[0], mat.NewDense(1, 1, nil), math.Max), nil
	case "Abs":
		return broadcast(in[0], mat.NewDense(1, 1, nil), func(z, _ float64) float64 { return math.Abs(z) }), nil
	case "Max":
		return broadcast(in[0], in[1], math.Max), nil
	case "Where":
		chosen := func(open, y float64) float64 {
			if open == 0 {
				return 0
			}
			return y
		}
		closed := broadcast(in[0], mat.NewDense(1, 1, nil), func(open, _ float64) float64 { return 1 - open })
		return broadcast(broadcast(in[0], in[1], chosen), broadcast(closed, in[2], chosen), func(x, y float64) float64 { return x + y }), nil
	case "Concat":
		if attribute["axis"] != 1 {
			return nil, fmt.Errorf("Concat along axis %d", attribute["axis"])
		}
		out := in[0]
		for _, next := range in[1:] {
			wider := new(mat.Dense)
			wider.Augment(out, next)
			out = wider
		}
		return out, nil
	case "Gemm":
		if attribute["transB"] != 1 {
			return nil, fmt.Errorf("Gemm without transB")
		}
		out := new(mat.Dense)
		out.Mul(in[0], in[1].T())
		if len(in) > 2 {
			out = broadcast(out, in[2], func(x, y float64) float64 { return x + y })
		}
		return out, nil
	}
	return nil, fmt.Errorf("no operator %s", op)
}

// labelEncoder evaluates the node of that name on texts.
func labelEncoder(node fields, texts []string) (*mat.Dense, error) {
	if node.text(7) != "ai.onnx.ml" {
		return nil, fmt.Errorf("LabelEncoder of the domain %q", node.text(7))
	}
	attribute := map[string]fields{}
	for _, a := range node.messages(5) {
		attribute[a.text(1)] = a
	}
	keys, places := attribute["keys_strings"], attribute["values_int64s"]
	if keys.integer(20) != 8 || places.integer(20) != 7 || len(keys[9]) != len(places[8]) {
		return nil, fmt.Errorf("LabelEncoder with %v", attribute)
	}
	out := mat.NewDense(len(texts), 1, nil)
	for i, text := range texts {
		place := attribute["default_int64"][3][0].(uint64)
		for k, key := range keys.texts(9) {
			if key == text {
				place = places[8][k].(uint64)
			}
		}
		out.Set(i, 0, float64(int64(place)))
	}
	return out, nil
}

// evaluate runs a model's graph on x.
func evaluate(graph fields, x *mat.Dense) (*mat.Dense, error) {
	return evaluateColumns(graph, map[string]*mat.Dense{graph.messages(11)[0].text(1): x}, nil)
}

// evaluateColumns runs a model's graph on inputs by name, of numbers and of texts.
func evaluateColumns(graph fields, values map[string]*mat.Dense, texts map[string][]string) (*mat.Dense, error) {
	if texts == nil {
		texts = map[string][]string{}
	}
	for _, c := range graph.messages(5) {
		if c.integer(2) == 8 {
			texts[c.text(8)] = c.texts(6)
			continue
		}
		v, err := tensor(c)
		if err != nil {
			return nil, err
		}
		values[c.text(8)] = v
	}
	for _, node := range graph.messages(1) {
		if node.text(4) == "LabelEncoder" {
			out, err := labelEncoder(node, texts[node.texts(1)[0]])
			if err != nil {
				return nil, err
			}
			values[node.text(2)] = out
			continue
		}
		if names := texts[node.texts(1)[0]]; node.text(4) == "Gather" && names != nil {
			var gathered []string
			for _, at := range values[node.texts(1)[1]].RawRowView(0) {
				gathered = append(gathered, names[int(at)])
			}
			texts[node.text(2)] = gathered
			continue
		}
		var in []*mat.Dense
		for _, name := range node.texts(1) {
			if values[name] == nil {
				return nil, fmt.Errorf("node %s needs %s, which is not there yet", node.text(3), name)
			}
			in = append(in, values[name])
		}
		attribute := map[string]int{}
		for _, a := range node.messages(5) {
			if a.integer(20) != 2 {
				return nil, fmt.Errorf("attribute %s of type %d", a.text(1), a.integer(20))
			}
			attribute[a.text(1)] = a.integer(3)
		}
		out, err := apply(node.text(4), in, attribute)
		if err != nil {
			return nil, err
		}
		if values[node.text(2)] != nil {
			return nil, fmt.Errorf("two values are called %s", node.text(2))
		}
		values[node.text(2)] = out
	}
	y := graph.messages(12)[0].text(1)
	if values[y] == nil {
		return nil, fmt.Errorf("no output %s", y)
	}
	return values[y], nil
}

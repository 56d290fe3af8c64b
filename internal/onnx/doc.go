// Package onnx writes neural networks in the ONNX format, the protobuf messages of
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto as far as a plain graph
// of tensors needs them.
//
//	Model   ModelProto   version of the format, operator set, metadata
//	Graph   GraphProto   nodes in the order of their evaluation, constants
//	Node    NodeProto    one operator, its inputs and outputs by name
//	Tensor  TensorProto  a constant, float64 or float32
//	Value   ValueInfo    name, type and shape of an input or output of the graph
//
// A message is a sequence of fields, each a varint key (number << 3 | wire type)
// and its value, here a varint (type 0) or a length and as many bytes (type 2),
// among these every nested message.
package onnx

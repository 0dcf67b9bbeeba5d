namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// The operators of integer graphs. Numbers and names are those of BuiltinOperator in the
/// TensorFlow Lite schema, version 3; the numbers enter the architecture digest.
/// </summary>
internal enum OperatorKind
{
    Add = 0,
    AveragePool2D = 1,
    Conv2D = 3,
    DepthwiseConv2D = 4,
    FullyConnected = 9,
    MaxPool2D = 17,
    Reshape = 22,
    Softmax = 25,
    Pad = 34,
    Transpose = 39,
    Mean = 40,
    Quantize = 114,
}

using System;

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

/// <summary>The names that TensorFlow Lite gives its operators.</summary>
internal static class OperatorNames
{
    public static string Of(OperatorKind kind) => kind switch
    {
        OperatorKind.Add => "ADD",
        OperatorKind.AveragePool2D => "AVERAGE_POOL_2D",
        OperatorKind.Conv2D => "CONV_2D",
        OperatorKind.DepthwiseConv2D => "DEPTHWISE_CONV_2D",
        OperatorKind.FullyConnected => "FULLY_CONNECTED",
        OperatorKind.MaxPool2D => "MAX_POOL_2D",
        OperatorKind.Reshape => "RESHAPE",
        OperatorKind.Softmax => "SOFTMAX",
        OperatorKind.Pad => "PAD",
        OperatorKind.Transpose => "TRANSPOSE",
        OperatorKind.Mean => "MEAN",
        OperatorKind.Quantize => "QUANTIZE",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

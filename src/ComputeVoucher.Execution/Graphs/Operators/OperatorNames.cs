using System;

namespace ComputeVoucher.Execution.Graphs;

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

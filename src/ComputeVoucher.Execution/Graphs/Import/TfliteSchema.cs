namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Field numbers of the tables that the importer reads, in the order in which schema.fbs of
/// TensorFlow Lite (version 3) declares them. A union takes two: its type, then its value.
/// </summary>
internal static class TfliteSchema
{
    /// <summary>The one schema version that exists.</summary>
    public const uint Version = 3;

    public static class Model
    {
        public const int Version = 0, OperatorCodes = 1, Subgraphs = 2, Buffers = 4;
    }

    public static class SubGraph
    {
        public const int Tensors = 0, Inputs = 1, Outputs = 2, Operators = 3;
    }

    public static class OperatorCode
    {
        public const int DeprecatedBuiltinCode = 0, CustomCode = 1, BuiltinCode = 3;
    }

    public static class Operator
    {
        public const int OpcodeIndex = 0, Inputs = 1, Outputs = 2, OptionsType = 3, Options = 4;
    }

    public static class Tensor
    {
        public const int Shape = 0, Type = 1, Buffer = 2, Name = 3, Quantization = 4,
            IsVariable = 5, Sparsity = 6, ExternalBuffer = 10;
    }

    public static class Quantization
    {
        public const int Scale = 2, ZeroPoint = 3, DetailsType = 4, QuantizedDimension = 6;
    }

    public static class Buffer
    {
        public const int Data = 0, Offset = 1, Size = 2;
    }

    /// <summary>Numbers of the members of union BuiltinOptions.</summary>
    public static class OptionsType
    {
        public const int Conv2D = 1, DepthwiseConv2D = 2, Pool2D = 5, FullyConnected = 8,
            Softmax = 9, Add = 11, Reshape = 17;
    }

    /// <summary>What convolutions and pools begin with alike.</summary>
    public static class WindowOptions
    {
        public const int Padding = 0, StrideW = 1, StrideH = 2;
    }

    public static class Conv2DOptions
    {
        public const int Activation = 3, DilationW = 4, DilationH = 5;
    }

    public static class DepthwiseConv2DOptions
    {
        public const int Activation = 4, DilationW = 5, DilationH = 6;
    }

    public static class Pool2DOptions
    {
        public const int FilterW = 3, FilterH = 4, Activation = 5;
    }

    public static class FullyConnectedOptions
    {
        public const int Activation = 0, WeightsFormat = 1;
    }

    public static class SoftmaxOptions
    {
        public const int Beta = 0;
    }

    public static class ReshapeOptions
    {
        public const int NewShape = 0;
    }

    public static class AddOptions
    {
        public const int Activation = 0;
    }

    /// <summary>enum Padding.</summary>
    public const byte Same = 0, Valid = 1;

    /// <summary>enum ActivationFunctionType.</summary>
    public const byte None = 0, Relu = 1, ReluN1To1 = 2, Relu6 = 3;

    /// <summary>Bytes of an element, by enum TensorType; 0 of types that no operator here reads.
    /// </summary>
    public static int TypeBytes(int type)
    {
        const int Int32 = 2, UInt8 = 3, Int64 = 4, Int8 = 9;
        return type switch
        {
            Int8 or UInt8 => 1,
            Int32 => sizeof(int),
            Int64 => sizeof(long),
            _ => 0,
        };
    }
}

using System;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// The declaration of one activation: element type, shape and the zero point that stands for the
/// real number 0. Scales are gone: import turned them into integer multipliers.
/// </summary>
internal sealed class GraphTensor
{
    /// <summary>Longest shape; TRANSPOSE of TensorFlow Lite stops at six dimensions.</summary>
    public const int RankMax = 6;

    private readonly int[] _dims;

    /// <exception cref="ModelException">Not a shape or type that a graph can carry.</exception>
    public GraphTensor(TensorType type, ReadOnlySpan<int> dims, int zeroPoint)
    {
        Type = type;
        _dims = dims.ToArray();
        ZeroPoint = zeroPoint;
        if (type is not (TensorType.Int8 or TensorType.UInt8))
        {
            throw new ModelException($"elements are {type}, Int8 or UInt8 is wanted");
        }

        if (dims.IsEmpty || dims.Length > RankMax)
        {
            throw new ModelException($"{dims.Length} dimensions, 1 to {RankMax} are supported");
        }

        long elements = 1;
        foreach (int dim in dims)
        {
            if (dim <= 0)
            {
                throw new ModelException($"dimension {dim}: every dimension must be fixed");
            }

            elements *= dim;
            if (elements > GraphLimits.TensorBytesMax)
            {
                throw new ModelException(
                    $"more than {GraphLimits.TensorBytesMax} bytes in one tensor");
            }
        }

        Elements = (int)elements;
        if (zeroPoint < Min || zeroPoint > Max)
        {
            throw new ModelException($"zero point {zeroPoint} is outside {Min} to {Max}");
        }
    }

    public TensorType Type { get; }

    public ReadOnlySpan<int> Dims => _dims;

    public int Rank => _dims.Length;

    /// <summary>Elements, and bytes too: every activation is 8 bits wide.</summary>
    public int Elements { get; }

    public int ZeroPoint { get; }

    /// <summary>Least value of the declared range.</summary>
    public int Min => Type == TensorType.UInt8 ? byte.MinValue : sbyte.MinValue;

    /// <summary>Greatest value of the declared range.</summary>
    public int Max => Type == TensorType.UInt8 ? byte.MaxValue : sbyte.MaxValue;

    /// <summary>max |x − zero point| over the declared range.</summary>
    public int MagnitudeMax => Math.Max(Max - ZeroPoint, ZeroPoint - Min);

    /// <summary>Last dimension: the channels of an NHWC tensor.</summary>
    public int Last => _dims[^1];

    /// <summary>Extent of one dimension.</summary>
    public int this[int dimension] => _dims[dimension];

    /// <summary>(rank): distance of neighbours along each dimension.</summary>
    public int[] Strides()
    {
        int[] strides = new int[Rank];
        int stride = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= _dims[i];
        }

        return strides;
    }

    /// <summary>"int8 [1, 96, 96, 3]".</summary>
    public override string ToString() =>
        $"{(Type == TensorType.UInt8 ? "uint8" : "int8")} [{string.Join(", ", _dims)}]";
}

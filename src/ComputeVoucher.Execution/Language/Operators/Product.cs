using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>One element of W·x, y_j = rs(Σ_i (S·q − M)_ji·x_i, 24 − z), see MatrixWork.</summary>
internal static class Product
{
    /// <summary>y_j, or x_j + y_j where the product ends a block.</summary>
    public static long Element(TraceReader reader, in TracePlace at, int index)
    {
        (WeightId id, _, TraceTensor input) = Row(reader.Shape, at.Tensor, index);
        int parts = MatrixWork.PartialCount(reader.Shape.Of(id).Columns);
        long sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += parts == 1
                ? Part(reader, at, index)
                : reader.Get(at.Of(at.Tensor - 1), index * parts + part);
        }

        long y = Rounding.Shift(sum, 24 - reader.Exponent(at.Of(input)));
        return at.Tensor switch
        {
            TraceTensor.Attention => y + reader.Residual(at.Of(TraceTensor.AttentionNorm), index),
            TraceTensor.FeedForward =>
                y + reader.Residual(at.Of(TraceTensor.FeedForwardNorm), index),
            _ => y,
        };
    }

    /// <summary>The sum over 4,096 columns of a product; index is [rows, Parts].</summary>
    public static long Part(TraceReader reader, in TracePlace product, int index)
    {
        LlamaShape shape = reader.Shape;
        int columns = shape.Of(Row(shape, product.Tensor, 0).Id).Columns;
        (int element, int part) = Math.DivRem(index, MatrixWork.PartialCount(columns));
        (WeightId id, int row, TraceTensor input) = Row(shape, product.Tensor, element);
        id = id == WeightId.Classifier && reader.Model.Tied ? WeightId.Embedding : id;
        int from = part * MatrixWork.PartialColumns;
        long sum = 0;
        for (int i = from; i < Math.Min(from + MatrixWork.PartialColumns, columns); i++)
        {
            sum += reader.Weight(id, product.Layer, row, i) * reader.Get(product.Of(input), i);
        }

        return sum;
    }

    /// <summary>The matrix and row that an element is of, and the vector that it reads.</summary>
    private static (WeightId Id, int Row, TraceTensor Input) Row(
        LlamaShape shape, TraceTensor product, int index) => product switch
        {
            TraceTensor.Qkv when index < shape.QueryDim =>
                (WeightId.Query, index, TraceTensor.AttentionNorm),
            TraceTensor.Qkv when index < shape.QueryDim + shape.KvDim =>
                (WeightId.Key, index - shape.QueryDim, TraceTensor.AttentionNorm),
            TraceTensor.Qkv =>
                (WeightId.Value, index - shape.QueryDim - shape.KvDim, TraceTensor.AttentionNorm),
            TraceTensor.Attention => (WeightId.Output, index, TraceTensor.AttentionOutput),
            TraceTensor.GateUp when index < shape.Hidden =>
                (WeightId.Gate, index, TraceTensor.FeedForwardNorm),
            TraceTensor.GateUp =>
                (WeightId.Up, index - shape.Hidden, TraceTensor.FeedForwardNorm),
            TraceTensor.FeedForward => (WeightId.Down, index, TraceTensor.SwiGlu),
            _ => (WeightId.Classifier, index, TraceTensor.FinalNorm),
        };
}

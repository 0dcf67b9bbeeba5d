using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>One element of W·x, y_j = rs(Σ_i (S·q − M)_ji·x_i, 24 − z), see MatrixWork.</summary>
internal static class Product
{
    /// <summary>y_j, or x_j + y_j where the product ends a block.</summary>
    public static long Element<T>(
        TraceReader<T> reader, TraceTensor tensor, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        (WeightId id, _, TraceTensor input) = Row(reader.Shape, tensor, index);
        int parts = MatrixWork.PartialCount(reader.Shape.Of(id).Columns);
        long sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += parts == 1
                ? Part(reader, tensor, position, layer, index)
                : reader.Get(tensor - 1, position, layer, index * parts + part);
        }

        long y = Rounding.Shift(sum, 24 - reader.Exponent(input, position, layer));
        return tensor switch
        {
            TraceTensor.Attention =>
                y + reader.Residual(TraceTensor.AttentionNorm, position, layer, index),
            TraceTensor.FeedForward =>
                y + reader.Residual(TraceTensor.FeedForwardNorm, position, layer, index),
            _ => y,
        };
    }

    /// <summary>The sum over 4,096 columns; index is [rows, Parts].</summary>
    public static long Part<T>(
        TraceReader<T> reader, TraceTensor product, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        LlamaShape shape = reader.Shape;
        int columns = shape.Of(Row(shape, product, 0).Id).Columns;
        int parts = MatrixWork.PartialCount(columns);
        (WeightId id, int row, TraceTensor input) = Row(shape, product, index / parts);
        if (id == WeightId.Classifier)
        {
            (id, layer) = (reader.Model.Tied ? WeightId.Embedding : id, 0);
        }

        int from = index % parts * MatrixWork.PartialColumns;
        long sum = 0;
        for (int i = from; i < Math.Min(from + MatrixWork.PartialColumns, columns); i++)
        {
            sum += reader.Weight(id, layer, row, i) * reader.Get(input, position, layer, i);
        }

        return sum;
    }

    /// <summary>The matrix and its row that an element is of, and the vector that it reads.</summary>
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

using System.Collections.Generic;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Where a parameter row's leaf stands among those of a model, from the architecture alone; the
/// order of <see cref="LlamaRoots"/>.
/// </summary>
internal sealed class RowOrder
{
    private readonly List<Part> _parts = [];

    public RowOrder(LlamaArchitecture model)
    {
        LlamaShape shape = model.Shape;
        Add(WeightId.Embedding, 0, shape.Vocab);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Add(WeightId.AttentionNorm, layer, 1);
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                if (id == WeightId.Gate)
                {
                    Add(WeightId.FeedForwardNorm, layer, 1);
                }

                Add(id, layer, shape.Of(id).Rows);
            }
        }

        Add(WeightId.FinalNorm, 0, 1);
        if (!model.Tied)
        {
            Add(WeightId.Classifier, 0, shape.Vocab);
        }

        Add(WeightId.Rotary, 0, shape.Context);
    }

    /// <summary>Leaves of the whole model.</summary>
    public int Count { get; private set; }

    /// <summary>Place of a row's leaf.</summary>
    public int Index(WeightId id, int layer, int row) =>
        _parts.Find(p => p.Id == id && p.Layer == layer)!.First + row;

    /// <summary>The inverse of <see cref="Index"/>, below <see cref="Count"/>.</summary>
    public (WeightId Id, int Layer, int Row) Locate(int index)
    {
        Part part = _parts.FindLast(p => p.First <= index)!;
        return (part.Id, part.Layer, index - part.First);
    }

    private void Add(WeightId id, int layer, int rows)
    {
        _parts.Add(new Part(id, layer, Count));
        Count = checked(Count + rows);
    }

    private sealed record Part(WeightId Id, int Layer, int First);
}

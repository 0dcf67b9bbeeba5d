using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Judges one committed element of a language model's trace from openings alone: by the definition
/// of its operator, with at most 16 KiB of leaves.
/// </summary>
public sealed class LanguageJudge
{
    /// <summary>Leaves that one element opens; import refuses models that need more.</summary>
    public const int OpenedBytesMax = LlamaDescription.ElementBytesMax;

    private readonly Bytes32 _modelRoot;
    private readonly Bytes32 _architecture;
    private readonly LlamaArchitecture _model;

    /// <param name="modelRoot">The model that was ordered.</param>
    /// <param name="architecture">Its canonical encoding.</param>
    /// <param name="parametersRoot">Beside the architecture under the model root.</param>
    /// <exception cref="ModelException">Not what the root names, or no valid Llama.</exception>
    public LanguageJudge(Bytes32 modelRoot, byte[] architecture, in Bytes32 parametersRoot)
    {
        _modelRoot = modelRoot;
        _architecture = LlamaRoots.Architecture(architecture);
        _model = ModelRoots.Model(_architecture, parametersRoot) == modelRoot
            ? LlamaArchitecture.Parse(architecture, text => new ModelException(text))
            : throw new ModelException("the architecture is of another model");
    }

    /// <summary>
    /// Whether the element follows. The witness of a maximum follows as long as it is in range;
    /// see <see cref="Rival"/>.
    /// </summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="witness">See <see cref="LanguageWitnesses.Element"/>.</param>
    /// <param name="tensor">Place in the trace's list.</param>
    /// <param name="element">Number of the element in the tensor's own order.</param>
    public Judgement Element(
        LanguageStatement statement, LanguageWitness witness, int tensor, int element) =>
        Judge(statement, witness, OpenedBytesMax, tensor,
            (reader, at) => ElementOf(reader, at, element));

    /// <summary>
    /// Whether the committed witness of a maximum stands against a rival: Differs where the rival
    /// is larger, or as large with a lower index. Two elements are read.
    /// </summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="witness">See <see cref="LanguageWitnesses.Rival"/>.</param>
    /// <param name="tensor">Place of the tensor that holds the witness.</param>
    /// <param name="element">The witness.</param>
    /// <param name="rival">Index of what may be larger.</param>
    public Judgement Rival(
        LanguageStatement statement, LanguageWitness witness, int tensor, int element,
        int rival) =>
        Judge(statement, witness, 2 * OpenedBytesMax, tensor,
            (reader, at) => RivalOf(reader, at, element, rival));

    internal static Judgement ElementOf(TraceReader reader, TracePlace at, int element)
    {
        Check(reader.Layout.Dims(at), element);
        long committed = reader.Get(at, element);
        long computed = LlamaElement.Of(reader, at, element);
        return reader.IsRefuted
            ? new Judgement(Verdict.Differs, committed, computed, "no honest run commits to that")
            : Judgement.Of(committed, computed);
    }

    internal static Judgement RivalOf(TraceReader reader, TracePlace at, int element, int rival)
    {
        Check(reader.Layout.Dims(at), element);
        Check([Maximum.Rivals(reader, at, element)], rival);
        long committed = reader.Get(at, element);
        bool beats = Maximum.Beats(reader, at, element, rival) || reader.IsRefuted;
        return new Judgement(
            beats ? Verdict.Differs : Verdict.Equal, committed, beats ? rival : committed, "");
    }

    private Judgement Judge(
        LanguageStatement statement, LanguageWitness witness, int bytesMax, int tensor,
        Func<TraceReader, TracePlace, Judgement> judge)
    {
        try
        {
            OpenedReader reader = Open(statement, witness, bytesMax);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(
                (ulong)tensor, (ulong)reader.Layout.Tensors(statement.Steps));
            return judge(reader, reader.Layout.Locate(tensor));
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
    }

    private OpenedReader Open(
        LanguageStatement statement, LanguageWitness witness, int bytesMax)
    {
        OpenedTrace input = Opened(witness.Input, statement.InputRoot);
        RecordHeader record = Header(witness.Input, input);
        if (statement.Steps == 0 || statement.Steps > record.NewTokensMax ||
            record.Prompt - 1 + (long)statement.Steps > _model.Shape.Context)
        {
            throw Bad($"{statement.Steps} steps are not what the record asks for");
        }

        TraceLayout layout = new(_model, record);
        OpenedTrace trace = Opened(witness.Trace, statement.TraceRoot);
        if (trace.TensorCount != layout.Tensors(statement.Steps))
        {
            throw Bad($"the trace has {trace.TensorCount} tensors");
        }

        Dictionary<(WeightId, int, int, int), ReadOnlyMemory<byte>> rows = [];
        foreach (RowOpening row in witness.Rows)
        {
            if (!row.Proves(_model, _architecture, _modelRoot))
            {
                throw Bad($"the opening of {row.Id} {row.Layer}, row {row.Row}, proves nothing");
            }

            for (int i = 0; i < row.Leaves.Length / TraceTree.LeafBytes; i++)
            {
                rows[(row.Id, row.Layer, row.Row, row.FirstLeaf + i)] =
                    row.Leaves.AsMemory(i * TraceTree.LeafBytes, TraceTree.LeafBytes);
            }
        }

        int bytes = (input.LeafCount + trace.LeafCount + rows.Count) * TraceTree.LeafBytes;
        return bytes <= bytesMax
            ? new OpenedReader(_model, layout, trace, input, rows)
            : throw Bad($"{bytes} bytes are open, an element reads at most {bytesMax}");
    }

    private static OpenedTrace Opened(IReadOnlyList<byte[]> openings, Bytes32 root)
    {
        OpenedTrace opened = new(root);
        foreach (byte[] opening in openings)
        {
            if (!opened.TryAdd(opening))
            {
                throw Bad("an opening is not of this root");
            }
        }

        return opened;
    }

    /// <summary>The record's first bytes: what the layout follows from.</summary>
    private static RecordHeader Header(IReadOnlyList<byte[]> openings, OpenedTrace input)
    {
        if (openings.Count == 0 || !Opening.TryDecode(openings[0], out Opening? first))
        {
            throw new EvidenceException(Verdict.OpeningMissing, "the record is not open");
        }

        Span<byte> header = stackalloc byte[InputRecord.HeaderBytes];
        for (int i = 0; i < header.Length; i++)
        {
            header[i] = (byte)input.Read(0, TensorType.UInt8, first.Dims, i);
        }

        return RecordHeader.Read(header) is RecordHeader record &&
            record.Problem() is null && input.TensorCount == 1 &&
            first.Dims.SequenceEqual([record.Bytes])
            ? record
            : throw Bad("the input is no record of a language model");
    }

    private static void Check(ReadOnlySpan<int> dims, int element)
    {
        int elements = 1;
        foreach (int dim in dims)
        {
            elements *= dim;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)element, (uint)elements);
    }

    private static EvidenceException Bad(string message) => new(Verdict.OpeningBad, message);
}

/// <summary>What order and receipt say about one run of a language model.</summary>
/// <param name="InputRoot">Of the order.</param>
/// <param name="TraceRoot">Of the receipt.</param>
/// <param name="Steps">Of the receipt; the trace of fewer steps is a prefix.</param>
public sealed record LanguageStatement(Bytes32 InputRoot, Bytes32 TraceRoot, uint Steps);

/// <summary>Reads what was opened and proven; anything else ends the definition.</summary>
internal sealed class OpenedReader(
    LlamaArchitecture model, TraceLayout layout, OpenedTrace trace, OpenedTrace input,
    Dictionary<(WeightId Id, int Layer, int Row, int Leaf), ReadOnlyMemory<byte>> rows)
    : TraceReader(model, layout)
{
    public override byte Ordered(int index) =>
        (byte)input.Read(0, TensorType.UInt8, Layout.Dims(default), index);

    protected override long Read(
        int tensor, TensorType type, ReadOnlySpan<int> dims, int element) =>
        trace.Read(tensor, type, dims, element);

    protected override void ReadRow(WeightId id, int layer, int row, int at, Span<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            (int leaf, int from) = Math.DivRem(at + done, TraceTree.LeafBytes);
            if (!rows.TryGetValue((id, layer, row, leaf), out ReadOnlyMemory<byte> opened))
            {
                throw new EvidenceException(
                    Verdict.OpeningMissing, $"leaf {leaf} of {id} {layer}, row {row}, is not open");
            }

            int length = Math.Min(bytes.Length - done, TraceTree.LeafBytes - from);
            opened.Span.Slice(from, length).CopyTo(bytes[done..]);
            done += length;
        }
    }
}

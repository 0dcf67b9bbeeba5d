using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>
/// A run, or a forged one, as whoever judges it sees it: signed roots, and witnesses on demand.
/// </summary>
internal sealed class CommittedRun
{
    private readonly LanguageModel _model;
    private readonly RecordedTrace _trace;
    private readonly LanguageWitnesses _witnesses;

    private CommittedRun(LanguageModel model, byte[] input, RecordedTrace trace, uint steps)
    {
        _model = model;
        _trace = trace;
        _witnesses = new LanguageWitnesses(model, trace, input);
        Layout = new TraceLayout(model.Architecture, InputRecord.Decode(input).Header);
        Statement = LanguageStatement.Of(input, trace.Root, steps);
        Court = new LanguageJudge(
            model.ModelRoot, model.ArchitectureBytes, model.ParametersRoot);
    }

    private CommittedRun(CommittedRun honest, RecordedTrace trace)
    {
        (_model, _trace, Layout, Court) = (honest._model, trace, honest.Layout, honest.Court);
        _witnesses = honest._witnesses.Of(trace);
        Statement = honest.Statement with { TraceRoot = trace.Root };
    }

    public LanguageStatement Statement { get; }

    public RecordedTrace Trace => _trace;

    public LanguageModel Model => _model;

    public LanguageJudge Court { get; }

    public TraceLayout Layout { get; }

    /// <summary>Tensors in the list.</summary>
    public int Count => _trace.Count;

    public static CommittedRun Of(LanguageModel model, byte[] input)
    {
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        uint steps = session.Run(input, new RunOptions()).Steps;
        return new CommittedRun(model, input, RecordedTrace.Of(session, input), steps);
    }

    public RecordedTrace.Entry Tensor(int index) => _trace[index];

    public int Elements(int tensor) =>
        _trace[tensor].Data.Length / TraceTree.ElementBytes(_trace[tensor].Type);

    public LanguageWitnesses Witnesses => _witnesses;

    public byte[] Proof(int tensor, int element) => _witnesses.Element(tensor, element);

    public Judgement Judge(int tensor, int element) =>
        Court.Element(Statement, _witnesses.Element(tensor, element));

    public Judgement Judge(int tensor, int element, int rival) =>
        Court.Element(Statement, _witnesses.Element(tensor, element, (uint)rival));

    /// <summary>How many elements a witness speaks of; 0 where the element is none.</summary>
    public int Rivals(int tensor, int element) => Maximum.Rivals(
        new RecordingReader(_model.Architecture, Layout, _trace, _trace, (_, _, _) => []),
        Layout.Locate(tensor), element);

    /// <summary>Of a witness against some rival, of everything else without one.</summary>
    public OperandsRequest Request(int tensor, int element, Prng numbers)
    {
        int rivals = Rivals(tensor, element);
        return rivals == 0 ? new(tensor, element)
            : new(tensor, element, (uint)numbers.Between(0, rivals - 1));
    }

    /// <summary>The tensors of a position that produces a token or not, of all layers.</summary>
    public IEnumerable<int> At(int position)
    {
        for (int i = (int)Layout.Before(position); i < Layout.Before(position + 1); i++)
        {
            yield return i;
        }
    }

    /// <summary>The same run with one element committed otherwise.</summary>
    public CommittedRun Forge(int tensor, int element, long value)
    {
        byte[] data = [.. _trace[tensor].Data];
        int size = TraceTree.ElementBytes(_trace[tensor].Type);
        Span<byte> bytes = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        bytes[..size].CopyTo(data.AsSpan(element * size));
        return With(_trace.With(tensor, data));
    }

    /// <summary>The same order with another trace.</summary>
    public CommittedRun With(RecordedTrace trace) => new(this, trace);
}

using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// A run with both trees that a statement commits to: what its provider answers from, and what an
/// opener compares with.
/// </summary>
/// <remarks>
/// Memory: all tensors up to <see cref="RecordedTrace.KeepBytesMax"/>, so every integer graph and
/// a short run of a small language model; beyond that 32 bytes a tensor (19 MB for 1.1B weights
/// and 2,048 tokens), and the model runs again for the one tensor that a descent leads into and
/// once or twice for an element's operands.
/// </remarks>
public sealed class RecordedRun : IDisposable
{
    private readonly IModelSession? _session;

    private RecordedRun(
        IModel model, byte[] input, uint steps, RecordedTrace trace, RecordedTrace output)
    {
        (Model, Input, Steps, Trace, Output) = (model, input, steps, trace, output);
        Layout = RunLayout.Of(model, input, steps);
    }

    private RecordedRun(RecordedRun run, IModelSession session)
        : this(run.Model, run.Input, run.Steps, run.Trace, run.Output) => _session = session;

    public IModel Model { get; }

    /// <summary>As it was ordered.</summary>
    public byte[] Input { get; }

    /// <summary>At least 1.</summary>
    public uint Steps { get; }

    public RunLayout Layout { get; }

    public RecordedTrace Trace { get; }

    public RecordedTrace Output { get; }

    /// <summary>Runs an order for so many steps, past end tokens as well: a statement may say more
    /// steps than an honest run has.</summary>
    /// <param name="model">The model of the order.</param>
    /// <param name="input">As it was ordered.</param>
    /// <param name="steps">Of the statement, at least 1.</param>
    /// <param name="threads">Of the session.</param>
    /// <param name="keepBytesMax">See <see cref="RecordedTrace.Of(IModelSession,
    /// ReadOnlySpan{byte}, uint, long)"/>.</param>
    /// <exception cref="ModelException">The input does not fit, or no run has so many steps.
    /// </exception>
    public static RecordedRun Of(
        IModel model, byte[] input, uint steps, int threads = 1,
        long keepBytesMax = RecordedTrace.KeepBytesMax)
    {
        _ = RunLayout.Of(model, input, steps);
        byte[] endless = Endless(model, input, steps);
        IModelSession session = model.CreateSession(Backend.Auto, threads);
        byte[] output = [];
        RecordedTrace trace = RecordedTrace.Of(
            show => output = session.Run(
                endless, new RunOptions { StepsMax = steps, OnTensor = show }).Output,
            keepBytesMax);
        if (endless != input)
        {
            // The one tensor that the run was not of: the record as it was ordered.
            trace = trace.With(0, RecordedTrace.OfInput(input)[0]);
        }

        RunLayout layout = RunLayout.Of(model, input, steps);
        return new RecordedRun(
            new RecordedRun(model, input, steps, trace, OutputOf(layout, output)), session);
    }

    /// <summary>The same order with other trees: somebody else's run.</summary>
    /// <param name="trace">Its trace.</param>
    /// <param name="output">Its output bytes.</param>
    public RecordedRun With(RecordedTrace trace, ReadOnlySpan<byte> output) =>
        new(Model, Input, Steps, trace, OutputOf(Layout, output));

    public void Dispose() => _session?.Dispose();

    internal RecordedTrace List(RunTree tree) =>
        tree == RunTree.Trace ? Trace : Output;

    /// <summary>The tree that a position's nodes are of.</summary>
    /// <param name="at">After <see cref="DescentPosition.Entered"/>.</param>
    internal HashTree TreeAt(in DescentPosition at) =>
        at.IsInside ? List(at.Tree)[at.Index].Tree : List(at.Tree).List;

    private static RecordedTrace OutputOf(RunLayout layout, ReadOnlySpan<byte> output)
    {
        List<RecordedTrace.Entry> entries = [];
        for (int i = 0; i < layout.Count(RunTree.Output); i++)
        {
            (TensorType type, int[] dims) = layout.Tensor(RunTree.Output, i);
            byte[] data = output[..layout.Bytes(RunTree.Output, i)].ToArray();
            output = output[data.Length..];
            entries.Add(new("output", type, dims, data, TraceTree.TensorHash(type, dims, data)));
        }

        return RecordedTrace.Of(entries);
    }

    /// <summary>The input without end tokens and with room for the steps.</summary>
    private static byte[] Endless(IModel model, byte[] input, uint steps)
    {
        if (model is not LanguageModel language)
        {
            return input;
        }

        InputRecord record = language.Record(input);
        bool ends = record.EndTokens.Length > 0 || steps > record.NewTokensMax;
        return !ends ? input : new InputRecord(
            record.Prompt, Math.Max(steps, record.NewTokensMax), [], record.Sampling).Encode();
    }
}

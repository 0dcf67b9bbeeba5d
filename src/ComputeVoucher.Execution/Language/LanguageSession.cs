using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution.Language;

/// <summary>One stream at a time: its KV cache, its threads, the loop from prompt to end.</summary>
internal sealed class LanguageSession : IModelSession
{
    /// <summary>Positions that a cache grows by.</summary>
    private const int CapacityStep = 64;

    private readonly LanguageModel _model;
    private readonly KernelSet _kernels;
    private readonly WorkTeam _team;
    private readonly int _batchMax;
    private Decoder? _decoder;

    public LanguageSession(
        LanguageModel model, KernelSet kernels, int threads, int batchMax = Decoder.BatchMax)
    {
        _model = model;
        _kernels = kernels;
        _team = new WorkTeam(threads);
        _batchMax = batchMax;
    }

    public Backend Backend => _kernels.Backend;

    public RunResult Run(
        ReadOnlySpan<byte> input, in RunOptions options, StepCallback? onStep = null)
    {
        InputRecord record = _model.Record(input);
        uint steps = record.NewTokensMax;
        if (options.StepsMax > 0)
        {
            steps = Math.Min(steps, options.StepsMax);
        }

        bool traced = options.Trace || options.OnTensor is not null;
        TraceCollector? trace = traced
            ? new TraceCollector(
                new TraceLayout(_model.Architecture, record.Header),
                _kernels.Backend == Backend.Scalar, options.OnTensor)
            : null;
        trace?.Add(default, input);
        Decoder decoder = Start(record.Prompt.Length + (int)steps - 1, trace);
        byte[] output = new byte[4 * steps];
        uint produced = Generate(decoder, record, trace, output, steps, onStep);
        Array.Resize(ref output, 4 * (int)produced);
        return new RunResult
        {
            Output = output,
            Steps = produced,
            Units = _model.Costs.Run((uint)record.Prompt.Length, produced, options.Proofs),
            InputRoot = InputRecord.Root(input),
            OutputRoot = LanguageModel.OutputRoot(output),
            TraceRoot = trace is null ? Bytes32.Zero : trace.Root(),
        };
    }

    public void Dispose()
    {
        _team.Dispose();
        _decoder?.Dispose();
    }

    private Decoder Start(int positions, TraceCollector? sink)
    {
        if (_decoder is null || _decoder.Capacity < positions)
        {
            _decoder?.Dispose();
            int capacity = (positions + CapacityStep - 1) / CapacityStep * CapacityStep;
            _decoder = new Decoder(
                _model.Parameters, _kernels, _team,
                Math.Min(capacity, _model.Parameters.Shape.Context));
        }

        _decoder.Start(sink);
        return _decoder;
    }

    private uint Generate(
        Decoder decoder,
        InputRecord record,
        TraceCollector? trace,
        byte[] output,
        uint steps,
        StepCallback? onStep)
    {
        int position = Prompt(decoder, record.Prompt, trace);
        for (uint step = 1; ; step++)
        {
            int token = Choose(decoder, record.Sampling, step, position - 1, trace);
            Span<byte> added = output.AsSpan(4 * (int)(step - 1), 4);
            BinaryPrimitives.WriteInt32LittleEndian(added, token);
            bool goOn = onStep is null || onStep(step, added);
            if (!goOn || step == steps || record.Ends(token))
            {
                return step;
            }

            decoder.Forward([token], position++, logits: true);
        }
    }

    /// <summary>Runs the prompt in batches; the logits are those of its last token.</summary>
    private int Prompt(Decoder decoder, ReadOnlySpan<int> prompt, TraceCollector? trace)
    {
        int batchMax = Math.Min(_batchMax, trace?.BatchMax ?? Decoder.BatchMax);
        int position = 0;
        while (position < prompt.Length)
        {
            int batch = Math.Min(batchMax, prompt.Length - position);
            bool last = position + batch == prompt.Length;
            decoder.Forward(prompt.Slice(position, batch), position, last);
            position += batch;
        }

        return position;
    }

    private static int Choose(
        Decoder decoder, SamplingOptions sampling, uint step, int position, TraceCollector? trace)
    {
        ReadOnlySpan<int> logits = decoder.Logits;
        var at = new TracePlace(TraceTensor.Token, position, 0);
        int token;
        if (sampling.IsGreedy)
        {
            token = Sampler.Greedy(logits);
        }
        else
        {
            int k = (int)Math.Min(sampling.TopK, (uint)logits.Length);
            Span<int> ids = stackalloc int[k];
            Span<int> values = stackalloc int[k];
            Sampler.Candidates(logits, ids, values);
            token = ids[Sampler.Choose(values, sampling, step)];
            trace?.Add(at.Of(TraceTensor.Candidates), MemoryMarshal.AsBytes(ids));
            trace?.Add(at.Of(TraceTensor.CandidateLogits), MemoryMarshal.AsBytes(values));
        }

        trace?.Add(at, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in token)));
        return token;
    }
}

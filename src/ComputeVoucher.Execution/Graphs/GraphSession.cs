using System;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Runs a graph, operator after operator, in memory planned once. A run without a trace reuses
/// the bytes of dead activations and allocates nothing but its result.
/// </summary>
// Safety: two blocks of memory, sized by the plan and the kernels, freed in Dispose; every
// tensor is a slice of the first.
internal sealed unsafe class GraphSession : IModelSession
{
    private readonly GraphModel _model;
    private readonly Graph _graph;
    private readonly IKernel[] _kernels;
    private readonly Bytes32[] _hashes;
    private readonly ArenaPlan _reuse;
    private readonly ArenaPlan _keepAll;
    private readonly long _scratchBytes;
    private byte* _arena;
    private long _arenaBytes;
    private byte* _scratch;

    public GraphSession(GraphModel model, Backend backend, IKernel[] kernels)
    {
        _model = model;
        _graph = model.Graph;
        _kernels = kernels;
        Backend = backend;
        _hashes = new Bytes32[_graph.TensorCount];
        _reuse = ArenaPlan.Reuse(_graph);
        _keepAll = ArenaPlan.KeepAll(_graph);
        foreach (IKernel kernel in kernels)
        {
            _scratchBytes = Math.Max(_scratchBytes, kernel.ScratchBytes);
        }

        // Safety: freed in Dispose; sizes are bounded by GraphLimits.
        _scratch = (byte*)NativeMemory.AlignedAlloc(
            (nuint)_scratchBytes + ArenaPlan.AlignmentBytes, ArenaPlan.AlignmentBytes);
        EnsureArena(_reuse.Bytes);
    }

    public Backend Backend { get; }

    public RunResult Run(
        ReadOnlySpan<byte> input, in RunOptions options, StepCallback? onStep = null)
    {
        ObjectDisposedException.ThrowIf(_arena == null, this);
        _model.RequireLength(input);
        bool keep = options.Trace || options.OnTensor is not null;
        ArenaPlan plan = keep ? _keepAll : _reuse;
        EnsureArena(plan.Bytes);
        Load(plan, input);
        Bytes32 inputRoot = HashTensors(plan, 0, _graph.Inputs.Length);
        foreach (Operator op in _graph.Operators)
        {
            Execute(plan, op);
        }

        byte[] output = new byte[_graph.OutputBytes];
        Bytes32 outputRoot = Store(plan, output);
        Bytes32 traceRoot = options.Trace ? HashTensors(plan, 0, _graph.TensorCount) : default;
        Show(plan, options.OnTensor);
        _ = onStep?.Invoke(1, output);
        return new RunResult
        {
            Output = output,
            Steps = 1,
            Units = _model.Costs.Run(0, 1, options.Proofs),
            InputRoot = inputRoot,
            OutputRoot = outputRoot,
            TraceRoot = traceRoot,
        };
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_arena);
        NativeMemory.AlignedFree(_scratch);
        _arena = null;
        _scratch = null;
    }

    private void EnsureArena(long bytes)
    {
        if (bytes <= _arenaBytes)
        {
            return;
        }

        // Safety: the old block holds nothing between runs; plans never exceed _arenaBytes.
        NativeMemory.AlignedFree(_arena);
        _arenaBytes = 0;
        _arena = (byte*)NativeMemory.AlignedAlloc(
            (nuint)bytes + ArenaPlan.AlignmentBytes, ArenaPlan.AlignmentBytes);
        _arenaBytes = bytes;
    }

    private Span<byte> Tensor(ArenaPlan plan, int id) =>
        new(_arena + plan.Offsets[id], _graph.Tensor(id).Elements);

    private void Load(ArenaPlan plan, ReadOnlySpan<byte> input)
    {
        for (int id = 0; id < _graph.Inputs.Length; id++)
        {
            int bytes = _graph.Inputs[id].Elements;
            input[..bytes].CopyTo(Tensor(plan, id));
            input = input[bytes..];
        }
    }

    private void Execute(ArenaPlan plan, Operator op)
    {
        int[] ids = op.Wiring.InputIds;
        Span<TensorView> inputs = stackalloc TensorView[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            inputs[i] = new TensorView(
                (sbyte*)_arena + plan.Offsets[ids[i]], op.Wiring.Inputs[i].Elements);
        }

        int outputId = _graph.Inputs.Length + op.Wiring.Index;
        _kernels[op.Wiring.Index].Run(
            inputs, (sbyte*)_arena + plan.Offsets[outputId], _scratch);
    }

    private Bytes32 Store(ArenaPlan plan, Span<byte> output)
    {
        Span<Bytes32> hashes = stackalloc Bytes32[_graph.Outputs.Length];
        for (int i = 0; i < hashes.Length; i++)
        {
            int id = _graph.Outputs[i];
            Span<byte> data = Tensor(plan, id);
            data.CopyTo(output);
            output = output[data.Length..];
            hashes[i] = TensorHash(id, data);
        }

        return TraceTree.ListRoot(hashes);
    }

    private Bytes32 HashTensors(ArenaPlan plan, int from, int end)
    {
        for (int id = from; id < end; id++)
        {
            _hashes[id] = TensorHash(id, Tensor(plan, id));
        }

        return TraceTree.ListRoot(_hashes.AsSpan(from, end - from));
    }

    private Bytes32 TensorHash(int id, ReadOnlySpan<byte> data)
    {
        GraphTensor tensor = _graph.Tensor(id);
        return TraceTree.TensorHash(
            tensor.Type, tensor.Dims, data, scalar: Backend == Backend.Scalar);
    }

    private void Show(ArenaPlan plan, TensorCallback? onTensor)
    {
        for (int id = 0; onTensor is not null && id < _graph.TensorCount; id++)
        {
            int index = id - _graph.Inputs.Length;
            GraphTensor tensor = _graph.Tensor(id);
            onTensor(new TracedTensor
            {
                ListIndex = id,
                OperatorIndex = Math.Max(index, -1),
                Operator = index < 0 ? "INPUT" : _graph.Operators[index].Name,
                Type = tensor.Type,
                Dims = tensor.Dims,
                Data = Tensor(plan, id),
            });
        }
    }
}

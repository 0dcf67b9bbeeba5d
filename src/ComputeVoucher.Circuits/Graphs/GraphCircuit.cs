using System;
using System.Globalization;
using System.IO;
using ComputeVoucher.Bn254;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;

namespace ComputeVoucher.Circuits;

/// <summary>
/// The circuit of an integer graph: output = model(input), byte for byte as the executor has it.
/// Weights are constants. Public are the output bytes and the input bytes, 31 to a word; circuit
/// and witness come from one walk over the graph.
/// </summary>
public sealed class GraphCircuit
{
    /// <summary>Bytes in a public word: the largest whole number of them below r.</summary>
    public const int WordBytes = 31;

    private readonly GraphModel _model;
    private readonly LayerPlan[] _plans;
    private readonly int[] _constraints;

    /// <exception cref="CircuitException">An operator or a clamp without a circuit, too many
    /// constraints, or no integer graph.</exception>
    public GraphCircuit(IModel model)
    {
        _model = model as GraphModel
            ?? throw new CircuitException("only integer graphs have a circuit");
        Graph graph = _model.Graph;
        _plans = new LayerPlan[graph.Operators.Length];
        for (int i = 0; i < _plans.Length; i++)
        {
            _plans[i] = Planned(graph, i);
        }

        _constraints = new int[_plans.Length];
        GraphWalk walk = Walk(
            new Assembler(null, keepsValues: false), new byte[graph.InputBytes], _constraints);
        (Constraints, Wires) = (walk.Assembler.Constraints, walk.Assembler.Wires);
        RequireSize();
    }

    public int Constraints { get; }

    public int Wires { get; }

    /// <summary>Public words of the output, which come first.</summary>
    public int OutputWords => WordsOf(_model.Graph.OutputBytes);

    public int InputWords => WordsOf(_model.Graph.InputBytes);

    public int OperatorCount => _plans.Length;

    public string NameOf(int op) => _model.Graph.Operators[op].Name;

    /// <summary>What an operator costs; input, output and packing are the rest.</summary>
    public int ConstraintsOf(int op) => _constraints[op];

    /// <summary>Writes the .r1cs file.</summary>
    /// <param name="stream">Can be sought in; empty.</param>
    public void Write(Stream stream)
    {
        ConstraintWriter writer = new(stream);
        _ = Walk(new Assembler(writer, keepsValues: false), new byte[_model.Graph.InputBytes],
            new int[_plans.Length]);
        writer.Finish(Wires, OutputWords, InputWords, Constraints);
    }

    /// <summary>The values of all wires of one run.</summary>
    /// <param name="input">Raw bytes of the input tensors.</param>
    /// <exception cref="CircuitException">The executor has another output: one of the two is
    /// wrong.</exception>
    public Witness WitnessOf(ReadOnlySpan<byte> input)
    {
        _model.RequireLength(input);
        GraphWalk walk = Walk(
            new Assembler(null, keepsValues: true), input, new int[_plans.Length]);
        using IModelSession session = _model.CreateSession(Backend.Auto, 1);
        byte[] output = session.Run(input, new RunOptions()).Output;
        return walk.Output.AsSpan().SequenceEqual(output)
            ? new Witness(walk.Assembler.Values)
            : throw new CircuitException("the circuit's output is not the executor's");
    }

    private GraphWalk Walk(
        Assembler assembler, ReadOnlySpan<byte> input, Span<int> constraints)
    {
        GraphWalk walk = new(_model.Graph, assembler, OutputWords, InputWords);
        walk.Enter(input);
        for (int i = 0; i < _plans.Length; i++)
        {
            int before = walk.Assembler.Constraints;
            walk.Run(_model.Graph.Operators[i], _plans[i]);
            constraints[i] = walk.Assembler.Constraints - before;
        }

        walk.Leave();
        return walk;
    }

    private static LayerPlan Planned(Graph graph, int index)
    {
        try
        {
            return new LayerPlan(graph, graph.Operators[index]);
        }
        catch (CircuitException failure)
        {
            throw new CircuitException(string.Create(CultureInfo.InvariantCulture,
                $"operator {index} {graph.Operators[index].Name}: {failure.Message}"));
        }
    }

    private void RequireSize()
    {
        int worst = 0;
        for (int i = 1; i < _constraints.Length; i++)
        {
            worst = _constraints[i] > _constraints[worst] ? i : worst;
        }

        if (Constraints > CircuitLimits.DomainMax || Wires > CircuitLimits.WiresMax)
        {
            throw new CircuitException(string.Create(CultureInfo.InvariantCulture,
                $"{Constraints} constraints, at most {CircuitLimits.DomainMax} are supported; "
                + $"operator {worst} {NameOf(worst)} has {_constraints[worst]} of them"));
        }
    }

    private static int WordsOf(int bytes) => (bytes + WordBytes - 1) / WordBytes;
}

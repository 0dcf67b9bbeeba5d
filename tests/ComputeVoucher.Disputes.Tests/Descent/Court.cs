using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes.Tests.Descent;

/// <summary>How a dispute ended.</summary>
internal enum Ending
{
    /// <summary>The provider could not answer.</summary>
    Silence,

    /// <summary>An element, or one refuted operand.</summary>
    Proof,

    /// <summary>The trace begins with other inputs than the order's.</summary>
    Inputs,

    /// <summary>The opener has no move.</summary>
    Lapsed,
}

/// <summary>
/// The rules of Disputes.sol without clocks and fees: moves are taken or refused, the judges decide
/// at the end. The sides are whatever the test makes of them.
/// </summary>
internal sealed class Court
{
    private readonly RunLayout _layout;
    private readonly Bytes32 _root;

    public Court(RunLayout layout, RunTree tree, Bytes32 root)
    {
        (_layout, _root) = (layout, root);
        Position = DescentPosition.Of(layout, tree, root);
    }

    public DescentPosition Position { get; private set; }

    /// <summary>Given by the provider.</summary>
    public int Answers { get; private set; }

    /// <summary>The longest answer, bytes.</summary>
    public int Longest { get; private set; }

    public bool Answer(ReadOnlySpan<byte> data)
    {
        if (DescentRules.Answer(_layout, Position, data) is not { } next)
        {
            return false;
        }

        Position = next;
        Answers++;
        Longest = Math.Max(Longest, data.Length);
        return true;
    }

    public bool Pick(DescentPick pick)
    {
        if (DescentRules.Pick(Position, pick) is not { } next)
        {
            return false;
        }

        Position = next;
        return true;
    }

    public Judgement Judge(RecordedRun run, byte[] proof) => run.Model is GraphModel graph
        ? GraphCourt(graph).Element(_root, proof)
        : LanguageCourt(run).Element(Statement(run), proof);

    public bool Explains(RecordedRun run, OperandsRequest request, OperandsAnswer answer) =>
        Verdict.Equal ==
        (run.Model is GraphModel graph
            ? GraphCourt(graph).Operands(_root, answer)
            : LanguageCourt(run).Operands(Statement(run), request, answer)).Verdict;

    public bool Refutes(RecordedRun run, OperandsRequest request, byte[] values, byte[] proof) =>
        Verdict.Differs == (run.Model is GraphModel graph
            ? GraphCourt(graph).Refutation(
                _root, request.Tensor, request.Element, values, proof)
            : LanguageCourt(run).Refutation(
                Statement(run), request, values, proof)).Verdict;

    private static GraphJudge GraphCourt(GraphModel model) =>
        new(model.ModelRoot, model.Architecture, model.Description.ParametersRoot);

    private static LanguageJudge LanguageCourt(RecordedRun run)
    {
        LanguageModel model = (LanguageModel)run.Model;
        return new(model.ModelRoot, model.ArchitectureBytes, model.ParametersRoot);
    }

    private LanguageStatement Statement(RecordedRun run) =>
        LanguageStatement.Of(run.Input, _root, run.Steps);
}

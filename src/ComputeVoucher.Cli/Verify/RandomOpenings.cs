using System;
using System.Collections.Generic;
using System.Globalization;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>
/// The middle depth of `verify receipt`: elements of a trace that nobody could guess when its root
/// was signed, each recomputed from what it reads. Says what that finds, and what it does not.
/// </summary>
internal sealed class RandomOpenings
{
    /// <summary>Finds 1 % of wrong elements with 92 % probability, 5 % with 0.999998.</summary>
    public const int Default = 256;

    /// <summary>More is slower than executing again.</summary>
    public const int Max = 1_000_000;

    /// <summary>Shares of wrong elements for which the probability is printed.</summary>
    private static readonly double[] s_shares = [0.1, 0.01, 0.001];

    private readonly IModel _model;
    private readonly RecordedTrace? _trace;
    private readonly NodeOpenings? _node;
    private readonly TraceRootStatement? _signed;
    private readonly int _openings;
    private readonly List<Report> _checked = [];

    /// <param name="model">What was ordered.</param>
    /// <param name="trace">The trace that is opened.</param>
    /// <param name="signed">The node's TraceRoot, checked, where the receipt holds none.</param>
    /// <param name="openings">Elements to draw.</param>
    public RandomOpenings(
        IModel model, RecordedTrace trace, TraceRootStatement? signed, int openings) =>
        (_model, _trace, _signed, _openings) = (model, trace, signed, openings);

    /// <param name="model">What was ordered.</param>
    /// <param name="node">Opens the traces of all orders.</param>
    /// <param name="openings">Elements to draw of each.</param>
    public RandomOpenings(IModel model, NodeOpenings node, int openings) =>
        (_model, _node, _openings) = (model, node, openings);

    /// <summary>Orders whose trace was opened.</summary>
    public int Checked => _checked.Count;

    /// <summary>The trace root that the node signed of an order.</summary>
    /// <exception cref="CommandException">It signed none, or of other steps.</exception>
    public static Bytes32 SignedRoot(in Receipt receipt, TraceRootStatement? word)
    {
        if (word is not { } signed || signed.OrderHash != receipt.OrderHash)
        {
            return receipt.TraceRoot;
        }

        return signed.Steps != receipt.Steps
            ? throw new CommandException($"the node signed a trace of {signed.Steps} steps and a "
                + $"receipt of {receipt.Steps}")
            : receipt.TraceRoot.IsZero || receipt.TraceRoot == signed.TraceRoot
            ? signed.TraceRoot
            : throw new CommandException("the node signed two different results: the trace root "
                + $"of its receipt is {receipt.TraceRoot}, that of its TraceRoot "
                + $"{signed.TraceRoot} (both together take its bond)");
    }

    /// <summary>Whether the trace of this order can be opened: the one at hand is of it, or its
    /// node is asked. A result of no steps has none.</summary>
    public bool IsOf(in Receipt receipt) => _trace is null
        ? receipt.Steps > 0
        : SignedRoot(receipt, _signed) == _trace.Root;

    /// <summary>Draws and judges; the first wrong one ends it.</summary>
    /// <exception cref="CommandException">Something is wrong.</exception>
    public void Check(in Order order, in Receipt receipt, byte[] input)
    {
        (RecordedTrace trace, TraceRootStatement? word) = _node is null
            ? (_trace!, _signed) : _node.Open(_model, input, receipt);
        Bytes32 root = SignedRoot(receipt, word);
        TraceAudit audit = new(_model, input,
            new AuditStatement(order.InputRoot, receipt.OutputRoot, root, receipt.Steps), trace);
        if (audit.Fault() is { } fault)
        {
            throw new CommandException($"the trace of order {order.Seq} is wrong: {fault}");
        }

        // Drawn after the root was signed, so nobody could be right just where he is asked.
        Span<byte> random = stackalloc byte[Bytes32.Size];
        Libc.FillRandom(random);
        Bytes32 randomness = new(random);
        Bytes32 seed = TraceAudit.Seed(root, randomness);
        for (int i = 0; i < _openings; i++)
        {
            DrawnElement drawn = audit.Draw(seed, i);
            if (drawn.Judgement.Verdict != Verdict.Equal)
            {
                throw Wrong(order, drawn, seed, i);
            }
        }

        _checked.Add(new Report()
            .Add("seq", order.Seq)
            .Add("openings", _openings)
            .Add("elements", audit.Elements)
            .Add("traceRoot", root.ToString())
            .Add("randomness", randomness.ToString())
            .Add("seed", seed.ToString())
            .Add("detects", Detects(audit.Elements)));
    }

    /// <summary>What was found, and what would not have been.</summary>
    public Report AddTo(Report report)
    {
        report.Add("opened", _checked).Add("misses", "wrong elements that were not drawn: a run "
            + "that is wrong in one place and right from there on is wrong in one element alone "
            + "(--depth full finds it)");
        return _node is null ? report : report.Add("openedBytes", _node.OpenedBytes);
    }

    private static CommandException Wrong(
        in Order order, in DrawnElement drawn, in Bytes32 seed, int number) =>
        new($"the trace of order {order.Seq} is wrong: element {drawn.Element} of tensor "
            + $"{drawn.Tensor} is "
            + (drawn.Judgement.Verdict == Verdict.Differs
                ? $"{drawn.Judgement.Committed}, {drawn.Judgement.Computed} is right"
                : $"not to be judged: {drawn.Judgement.Reason}")
            + $" (draw {number} of seed {seed}; the node's signature is on it)");

    private List<string> Detects(long elements)
    {
        List<string> lines = [];
        foreach (double share in s_shares)
        {
            double detected = TraceAudit.Detection(share, _openings);
            lines.Add($"{Percent(share)} wrong: {Percent(detected)}");
        }

        lines.Add($"one wrong element: {Percent(TraceAudit.Detection(1.0 / elements, _openings))}");
        return lines;
    }

    private static string Percent(double share) =>
        (100 * share).ToString("G4", CultureInfo.InvariantCulture) + " %";
}

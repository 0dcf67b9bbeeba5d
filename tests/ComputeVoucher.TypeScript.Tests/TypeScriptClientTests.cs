using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.TypeScript.Tests;

/// <summary>A client in another language, written from PROTOCOL.md alone, gets through everything
/// that the page describes.</summary>
[Trait("Category", "load")]
public sealed class TypeScriptClientTests(TypeScriptRun run) : IClassFixture<TypeScriptRun>
{
    private static readonly string[] s_queries = ["StateQuery", "TraceQuery", "ReleaseQuery"];

    private static readonly string[] s_replays =
        ["newConnection", "sameHello", "otherKind", "newNonceOldSignature", "restarted"];

    private static readonly string[] s_steps =
    [
        "example", "version1IsRefused", "welcome", "ids", "emptyState", "order",
        "stateWithoutAck", "orderWithAcceptAndTraceRoot", "orderSentAgain", "sequenceUsed",
        "languageOrder", "cancelledOrder", "cancelledBeforeItsFirstStep", "lostConnection",
        "maxUnitsTooLow", "proofsAreRefused", "unknownFlagIsRefused",
        "orderBehindSkippedSequences", "state", "ackBelowOwed", "ackOfSeveral", "ack",
        "ackNotMonotone", "ackedOrderSentAgain", "traceRoot", "openings", "notOffered",
        "staleRelease", "release", "orderAfterRelease", "recorded", "releaseAskedAgain",
    ];

    public static TheoryData<string> Steps => [.. All()];

    [MarketTheory]
    [MemberData(nameof(Steps))]
    public void Client_GetsThrough(string step) => Assert.True(
        run.Steps.GetValueOrDefault(step) == "ok",
        run.Steps.GetValueOrDefault(step) ?? $"{step} was not reached: {run.Output}");

    [MarketFact]
    public void Client_ReportsTheseStepsAndNoOthers() =>
        Assert.Equal(All().Order(), run.Steps.Keys.Order());

    [MarketFact]
    public void Client_EndsWell() =>
        Assert.True(run.Statuses is [0, 0], $"{string.Join(", ", run.Statuses)}: {run.Output}");

    private static IEnumerable<string> All() =>
        s_steps.Concat(s_queries.SelectMany(query => s_replays.Select(way => $"{query}.{way}")));
}

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>
/// What a holder does for the case that a node cheats: reads its bond before it orders, and keeps
/// evidence. A class without a court wants neither; evidence is kept where it is asked for.
/// </summary>
internal sealed class OrderGuards : IDisposable
{
    private static readonly Option<string> s_class = Opt.Of<string>(
        "--class", "Terms of the channel's class, where the channel file lacks them; with a court "
            + "in them the node's bond is read (--rpc) and evidence is kept", "FILE");

    private static readonly Option<string> s_evidence = Opt.Of<string>(
        "--evidence", "A file of evidence for each order, for whoever watches the node; kept until "
            + "14 days after its deadline (default, where the class has a court: STATE.evidence)",
        "DIR");

    private const string NoClass = "unknown: the channel file does not hold the terms of its class";

    private OrderGuards(ChainSession? chain, NodeBond? bond, EvidenceFolder? evidence) =>
        (Chain, Bond, Evidence) = (chain, bond, evidence);

    /// <summary>The channel's class is not known, so that nobody knows whether it has a court.
    /// </summary>
    public bool IsClassUnknown { get; private init; }

    /// <summary>Where the class has a court: what is read of it.</summary>
    public ChainSession? Chain { get; }

    /// <summary>Terms of the class, where it has a court.</summary>
    public VoucherClass? Terms { get; private init; }

    /// <summary>Null: there is none to ask for.</summary>
    public NodeBond? Bond { get; }

    /// <summary>Null: none is kept.</summary>
    public EvidenceFolder? Evidence { get; }

    /// <summary>Where evidence lies and of which class.</summary>
    public static IReadOnlyList<Option> Kept { get; } = [s_class, s_evidence];

    public static void AddTo(Command command)
    {
        command.Options.Add(s_class);
        command.Options.Add(CommonOptions.Rpc);
        command.Options.Add(s_evidence);
    }

    /// <exception cref="CommandException">Of another class, or no chain to read.</exception>
    public static async Task<OrderGuards> OpenAsync(
        ParseResult parsed, ChannelTerms channel, CancellationToken cancel)
    {
        string? folder = parsed.GetValue(s_evidence);
        if (ChannelFileClass(parsed) is not { } known)
        {
            return folder is null
                ? new OrderGuards(null, null, null) { IsClassUnknown = true }
                : throw new UsageException($"{s_evidence.Name}: {s_class.Name} FILE is wanted too, "
                    + "for the channel file does not hold the terms of the class");
        }

        ClassFile.RequireOf(channel, known);
        bool hasCourt = known.Court != Address.Zero;
        folder ??= hasCourt ? DefaultFolder(parsed.GetRequiredValue(ClientOptions.State)) : null;
        DeploymentFile deployment =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment));
        EvidenceFolder? evidence = folder is null
            ? null
            : Open(folder, deployment.Domain, known, channel);
        if (!hasCourt)
        {
            return new OrderGuards(null, null, evidence);
        }

        ChainSession chain = await ChainSession.OpenAsync(CommonOptions.Endpoints(parsed),
            deployment, null, SendRules.Reading, cancel).ConfigureAwait(false);
        return new OrderGuards(chain,
            new NodeBond(chain.Providers, channel.Node, known, TimeProvider.System), evidence)
        {
            Terms = known,
        };
    }

    /// <summary>The folder of a channel whose orders have evidence: named, or where
    /// <c>request</c> keeps it; null where there is none. Whoever writes in it holds the journal.
    /// </summary>
    public static EvidenceFolder? OpenKept(
        ParseResult parsed, VoucherDomain domain, ChannelTerms channel, string state)
    {
        string folder = parsed.GetValue(s_evidence) ?? DefaultFolder(state);
        return ChannelFileClass(parsed) is { } terms && Directory.Exists(folder)
            ? Open(folder, domain, terms, channel)
            : parsed.GetValue(s_evidence) is null ? null
            : throw new CommandException($"{folder}: no evidence of this channel (it is where "
                + "`request` keeps it, and the channel's class is wanted)");
    }

    private static EvidenceFolder Open(string folder, VoucherDomain domain,
        in VoucherClass terms, in ChannelTerms channel) => EvidenceFolder.Open(
            folder, domain, terms, channel,
            (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

    private static string DefaultFolder(string state) => state + ".evidence";

    private static VoucherClass? ChannelFileClass(ParseResult parsed) =>
        parsed.GetValue(s_class) is { } file
            ? ClassFile.Load(file)
            : ChannelFile.LoadClass(parsed.GetRequiredValue(ClientOptions.Channel));

    /// <summary>An order of a class with a court has to be one that the court can judge, of a model
    /// whose weights are here.</summary>
    /// <exception cref="ClientException">It is not.</exception>
    public Task RequireDisputableAsync(
        in ChannelTerms channel, IModel model, CancellationToken cancel) =>
        Terms is { } terms
            ? CourtCheck.RequireAsync(
                Chain!.Rpc, terms, channel.Node, model.ModelRoot, cancel)
            : Task.CompletedTask;

    /// <summary>Says in a report of served orders what was not looked at. Not before the first
    /// answer: a channel file of before, or restored without its class, is no reason to wait.
    /// </summary>
    public Report Describe(Report report) => IsClassUnknown
        ? report.Add("court", NoClass)
            .Add("remedy", $"{s_class.Name} FILE, or channel restore {s_class.Name} FILE: until "
                + "then no bond is read and no evidence kept")
        : report;

    /// <summary>The court of a channel's class, as its file tells it.</summary>
    public static string CourtOf(string channelFile) =>
        ChannelFile.LoadClass(channelFile) is not { } terms ? NoClass
            : terms.Court.IsZero ? "none: not slashable"
            : terms.Court.ToString();

    public void Dispose()
    {
        Bond?.Dispose();
        Chain?.Dispose();
    }
}

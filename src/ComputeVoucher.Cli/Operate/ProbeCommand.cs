using System.CommandLine;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli;

/// <summary><c>probe live</c> and <c>probe ready</c>: one question to the health page, for
/// containers and supervisors; touches neither the disk nor the chain.</summary>
internal static class ProbeCommand
{
    public static Command Create() => new("probe", "Ask a running node whether it is well")
    {
        Create("live", "Whether the process answers", "health"),
        Create("ready", "Whether it takes orders; says why not", "ready"),
    };

    private static Command Create(string name, string meaning, string page)
    {
        Option<string> config = CommonOptions.Config(required: true);
        return ReportCommand.Create(name, meaning,
            (parsed, cancel) => AskAsync(
                name, NodeConfiguration.Load(parsed.GetRequiredValue(config)), page, cancel),
            config);
    }

    private static async Task<Report> AskAsync(
        string name, NodeConfiguration configuration, string page, CancellationToken cancel)
    {
        IPEndPoint endpoint = configuration.Options.Health
            ?? throw new CommandException($"probe {name}: node:health is off (give it a port)");
        (bool isGood, string text) = await HealthPage.AskAsync(endpoint, page, cancel)
            .ConfigureAwait(false);
        return isGood
            ? new Report().Add(name, text.Trim())
            : throw new CommandException($"probe {name}: {text.Trim()}");
    }
}

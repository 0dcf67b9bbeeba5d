using System;
using System.IO;

namespace ComputeVoucher.Cli;

/// <summary>The folder of one development market: keys, terms, configuration, ledger, logs.
/// </summary>
internal sealed class DevHome : IDisposable
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder;
    private readonly bool _isTemporary;

    private DevHome(string folder, bool isTemporary) =>
        (_folder, _isTemporary) = (folder, isTemporary);

    public string DeployerKey => PathOf("deployer.key");

    public string HolderKey => PathOf("holder.key");

    public string ProviderKey => PathOf("provider.key");

    public string NodeKey => PathOf("node.key");

    public string SpendKey => PathOf("spend.key");

    public string Deployment => PathOf("deployment.json");

    public string Class => PathOf("class.json");

    public string Channel => PathOf("channel.json");

    public string ClientState => PathOf("client.state");

    public string Receipts => PathOf("receipts.jsonl");

    public string NodeConfig => PathOf("node.json");

    public string Ledger => PathOf("ledger");

    public string NodeLog => PathOf("node.log");

    public string AnvilLog => PathOf("anvil.log");

    /// <summary>A folder that stays, or one of its own that goes when it is disposed of.</summary>
    /// <exception cref="CommandException">The named one holds something.</exception>
    public static DevHome Create(string? named)
    {
        if (named is null)
        {
            return new DevHome(
                Directory.CreateTempSubdirectory("computevoucher-dev-").FullName, true);
        }

        // A second chain over the files of a first one would pass its addresses on.
        string folder = Directory.CreateDirectory(named, OwnerOnly).FullName;
        return Directory.GetFileSystemEntries(folder).Length == 0
            ? new DevHome(folder, false)
            : throw new CommandException(
                $"--home {named}: already holds something (name a new or an empty folder)");
    }

    public void Dispose()
    {
        if (_isTemporary)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}

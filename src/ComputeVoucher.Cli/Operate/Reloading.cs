using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli;

/// <summary>Reads the configuration of a running node again. The level of the log is taken up at
/// once; everything else is bound into parts that are built at the start, so a change is named and
/// waits for a restart rather than being silently half true.</summary>
internal sealed class Reloading
{
    private readonly string _path;
    private readonly NodeLog _log;
    private readonly Lock _gate = new();
    private ConfigFile _running;

    public Reloading(string path, NodeLog log) =>
        (_path, _log, _running) = (path, log, ConfigFile.Load(path));

    /// <summary>One line on what came of it.</summary>
    /// <exception cref="CommandException">The file is wrong; nothing changed.</exception>
    public string Run()
    {
        lock (_gate)
        {
            // All of it is checked, also what waits: a node that cannot restart is no surprise
            // one wants at three in the morning.
            NodeConfiguration read = NodeConfiguration.Load(_path);
            ConfigFile file = ConfigFile.Load(_path);
            List<string> waiting = [];
            List<string> taken = [];
            foreach (string name in file.DiffersIn(_running))
            {
                (name == ConfigKeys.LogLevel ? taken : waiting).Add(name);
            }

            _log.Level = read.LogLevel;
            _running = file.Taking(_running, ConfigKeys.LogLevel);
            string line = taken.Count == 0 ? "nothing to take up" : "taken up: log:level";
            return waiting.Count == 0
                ? line
                : $"{line}; waits for a restart: {string.Join(", ", waiting)}";
        }
    }

    /// <summary>As above, for a signal: the line goes to the log.</summary>
    public void RunLogged()
    {
        try
        {
            _log.Reloaded(Run());
        }
        catch (CommandException failure)
        {
            _log.ReloadRefused(failure.Message);
        }
    }
}

# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Gets packages from the Debian archive that this machine uses, without
changing the configuration and the package lists of its apt."""

import os
import re
import shutil
import subprocess


class Failure(Exception):
    pass


def run(*command, **kwargs):
    """Runs 'command'; returns its exit status and its output."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, **kwargs)
    return done.returncode, done.stdout


def mirrors():
    """Returns the URIs of the Debian archives that this machine uses, at least
    one."""
    def targets(*args):
        status, out = run('apt-get', 'indextargets', 'Created-By: Packages',
                          *args)
        return [s.split() for s in out.splitlines()] if not status else []

    # A machine whose package lists were never fetched knows no origins yet.
    found = (targets('--format', '$(REPO_URI) $(RELEASE)', 'Origin: Debian')
             or targets('--format', '$(REPO_URI) $(RELEASE)',
                        '--no-release-info', 'Component: main'))
    # Skip -updates, -security, -backports.
    uris = [t[0] for t in found if len(t) == 2 and not re.search('[-/]', t[1])]
    if not uris:
        raise Failure('apt knows no Debian archive (is this Debian?)')
    return list(dict.fromkeys(uris))


class Apt:
    """apt with sources, lists and cache of its own, below 'work'.  It gets
    'suite' from 'uri', as if no package were installed."""

    def __init__(self, work, uri, suite):
        shutil.rmtree(work, ignore_errors=True)
        for name in ('lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(work, name))
        sources = os.path.join(work, 'sources.list')
        keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
        signed = '[signed-by=%s] ' % keyring if os.path.exists(keyring) else ''
        with open(sources, 'w') as f:
            f.write('deb %s%s %s main\n' % (signed, uri, suite))
        with open(os.path.join(work, 'status'), 'w'):
            pass
        self.work = work
        self.options = [
            '-o', 'Dir::Etc::sourcelist=' + sources,
            '-o', 'Dir::Etc::sourceparts=-',
            '-o', 'Dir::Etc::preferences=-',
            '-o', 'Dir::Etc::preferencesparts=-',
            '-o', 'Dir::State::lists=' + os.path.join(work, 'lists'),
            '-o', 'Dir::State::status=' + os.path.join(work, 'status'),
            '-o', 'Dir::Cache=' + os.path.join(work, 'cache'),
            '-o', 'APT::Sandbox::User=root',
            '-o', 'APT::Update::Error-Mode=any',
            '-o', 'Acquire::Languages=none']

    def run(self, tool, *args):
        return run(tool, *self.options, *args, cwd=self.work)
